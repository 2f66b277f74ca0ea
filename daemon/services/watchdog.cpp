#include "watchdog.h"

#include <pthread.h>

#include <utility>
#include <vector>

namespace linkup::daemon {

namespace {

constexpr int kToldAfter = 2;  // looks

}  // namespace

Watchdog::~Watchdog() {
    stop();
}

std::uint64_t Watchdog::watch(std::string name, Look look) {
    const std::lock_guard lock(mutex_);
    parts_.emplace(++last_number_, Part{std::move(name), std::move(look)});
    return last_number_;
}

void Watchdog::forget(std::uint64_t number) noexcept {
    const std::lock_guard lock(mutex_);
    parts_.erase(number);
}

bool Watchdog::allCameOn() {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> counts;
    counts.reserve(parts_.size());
    bool all = true;
    for (auto& [number, part] : parts_) {
        const Progress progress = part.look();
        const bool came_on = part.fresh || progress.idle || progress.count != part.fed_at;
        note(part, came_on);
        counts.push_back(progress.count);
        all = all && came_on;
    }
    if (!all) return false;
    auto count = counts.begin();
    for (auto& [number, part] : parts_) {
        part.fed_at = *count++;
        part.fresh = false;
    }
    return true;
}

void Watchdog::note(Part& part, bool came_on) {
    if (!came_on) {
        if (++part.missed == kToldAfter) {
            log_.error("makes no progress, so the service manager is not told that all is well",
                       {{"part", part.name}});
        }
        return;
    }
    if (part.missed >= kToldAfter) log_.warning("goes on", {{"part", part.name}});
    part.missed = 0;
}

void Watchdog::start(std::chrono::milliseconds interval, std::function<void()> feed) {
    stopping_ = false;
    thread_ = std::thread([this, interval, feed = std::move(feed)] {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, interval, [this] { return stopping_; })) {
            lock.unlock();
            if (allCameOn()) feed();
            lock.lock();
        }
    });
    pthread_setname_np(thread_.native_handle(), "watchdog");
}

void Watchdog::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

}  // namespace linkup::daemon
