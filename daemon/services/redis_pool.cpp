#include "redis_pool.h"

#include <string>
#include <utility>

namespace linkup::daemon {

using namespace std::chrono_literals;

namespace {

constexpr auto kProbeInterval = 250ms;

}  // namespace

sdk::Error redisUnavailable() {
    sdk::Error error(sdk::ErrorCode::kUnavailable, "Server is busy. Please try again in a moment.");
    error.withRetryAfter(1s);
    return error;
}

RedisPool::RedisPool(const RedisSettings& settings, sdk::Log& log) : settings_(settings), log_(log) {
    parseRedisUrl(settings_.url);
}

RedisReply RedisPool::call(const std::vector<std::string_view>& words) {
    std::string command;
    appendRedisCommand(command, words);
    Member member = take();
    const auto era = member.era;
    try {
        member.connection->send(command);
        auto reply = member.connection->receive();
        giveBack(std::move(member));
        return reply;
    } catch (const RedisRefusal& refusal) {
        if (!refusal.isServerDown()) {
            giveBack(std::move(member));
            throw;
        }
        failed(era, refusal.what());
    } catch (const RedisGone& gone) {
        failed(era, gone.what());
    }
    throw redisUnavailable();
}

RedisPool::Member RedisPool::take() {
    std::unique_lock lock(mutex_);
    const auto deadline = Clock::now() + std::chrono::milliseconds(settings_.wait_ms);
    while (true) {
        if (away_) {
            if (probing_ || Clock::now() < next_probe_) throw redisUnavailable();
            probing_ = true;
            ++open_;
            lock.unlock();
            return connect(true);
        }
        if (!idle_.empty()) {
            Member member = std::move(idle_.back());
            idle_.pop_back();
            lock.unlock();
            bool stale = true;  // there is something to read though nothing was asked: its end, most likely
            try {
                stale = member.connection->readable(0ms);
            } catch (const RedisGone&) {
            }
            if (!stale) return member;
            member.connection.reset();
            lock.lock();
            if (member.era == era_) --open_;
            continue;
        }
        if (open_ < settings_.connections) {
            ++open_;
            lock.unlock();
            return connect(false);
        }
        if (freed_.wait_until(lock, deadline) == std::cv_status::timeout) throw redisUnavailable();
    }
}

RedisPool::Member RedisPool::connect(bool probing) {
    Member member;
    {
        const std::lock_guard lock(mutex_);
        member.era = era_;
    }
    std::string failure;
    try {
        member.connection = std::make_unique<RedisConnection>(settings_);
    } catch (const std::exception& error) {
        failure = error.what();
    }
    if (!failure.empty()) {
        failed(member.era, failure.c_str());
        if (probing) {
            const std::lock_guard lock(mutex_);
            probing_ = false;
        }
        throw redisUnavailable();
    }
    if (probing) {
        {
            const std::lock_guard lock(mutex_);
            probing_ = false;
            away_ = false;
        }
        log_.info("Redis is back");
    }
    return member;
}

void RedisPool::giveBack(Member member) noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (member.era != era_) return;
        idle_.push_back(std::move(member));
    }
    freed_.notify_one();
}

void RedisPool::failed(std::uint64_t era, const char* reason) noexcept {
    std::vector<Member> dropped;
    bool news = false;
    {
        const std::lock_guard lock(mutex_);
        next_probe_ = Clock::now() + kProbeInterval;
        if (era != era_) return;  // many fail of the same cause; the first has dealt with it
        ++era_;
        open_ = 0;
        dropped.swap(idle_);
        news = !std::exchange(away_, true);
    }
    freed_.notify_all();
    if (news) log_.warning("Redis is away", {{"reason", sdk::Json(std::string(reason))}});
}

}  // namespace linkup::daemon
