#include "cache_redis.h"

#include <Poco/DigestEngine.h>
#include <Poco/SHA1Engine.h>

#include <charconv>
#include <utility>

#include "cache_limits.h"

namespace linkup::daemon {
namespace {

// In Lua every number is a double, so what may be larger than 2^53 travels as text.

constexpr const char* kAdd = R"lua(
redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) == -1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('GET', KEYS[1])
)lua";

// The bucket is kept as the moment at which it will be full again, in microseconds.
constexpr const char* kTake = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full_at = tonumber(redis.call('GET', KEYS[1]) or '0')
local backlog = math.max(0, full_at - now) + interval
local excess = backlog - burst * interval
if excess > tolerance then return math.ceil(excess / 1000) end
redis.call('SET', KEYS[1], string.format('%.3f', now + backlog),
           'PX', string.format('%.0f', math.ceil(backlog / 1000) + 1))
return 0
)lua";

// The last token has no time to live. Should Redis lose it all the same, the time of day makes the next one
// greater.
constexpr const char* kAcquire = R"lua(
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
local time = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
local token = string.format('%.0f', math.max(last + 1, time[1] * 1000000 + time[2]))
redis.call('SET', KEYS[2], token)
redis.call('SET', KEYS[1], token .. ' ' .. ARGV[1], 'PX', ARGV[2])
return token
)lua";

constexpr const char* kRenew = R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
)lua";

constexpr const char* kRelease = R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
)lua";

std::string digestOf(const std::string& text) {
    Poco::SHA1Engine engine;
    engine.update(text);
    return Poco::DigestEngine::digestToHex(engine.digest());
}

std::string toText(std::chrono::milliseconds time) {
    return std::to_string(clampTtl(time).count());
}

/// Shortest text that reads back as the same number; without the locale that printf heeds.
std::string toText(double number) {
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr};
}

std::int64_t parseInteger(const std::optional<std::string>& text) {
    std::int64_t number = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

/// What stands in a lease's key: the token tells holders apart, the name is for people.
std::string holding(const sdk::Lease& lease) {
    return std::to_string(lease.token) + ' ' + lease.holder;
}

}  // namespace

struct RedisCache::Script {
    explicit Script(const char* source) : text(source), digest(digestOf(text)) {}
    const std::string text;
    const std::string digest;
};

struct RedisCache::Scripts {
    const Script add{kAdd};
    const Script take{kTake};
    const Script acquire{kAcquire};
    const Script renew{kRenew};
    const Script release{kRelease};
};

RedisCache::RedisCache(const RedisSettings& settings, std::string node, sdk::Log& log)
    : prefix_(settings.prefix),
      node_(std::move(node)),
      log_(log),
      pool_(settings, log),
      scripts_(std::make_unique<const Scripts>()) {}

RedisCache::~RedisCache() = default;

std::optional<std::string> RedisCache::get(std::string_view key) {
    return textOf(call({"GET", keyOf("v", key)}));
}

void RedisCache::set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    call({"SET", keyOf("v", key), value, "PX", toText(ttl)});
}

bool RedisCache::setIfAbsent(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    return textOf(call({"SET", keyOf("v", key), value, "NX", "PX", toText(ttl)})).has_value();
}

void RedisCache::remove(std::string_view key) {
    call({"UNLINK", keyOf("v", key)});
}

std::int64_t RedisCache::add(std::string_view key, std::int64_t amount, std::chrono::milliseconds ttl) {
    return parseInteger(textOf(run(scripts_->add, {keyOf("v", key)}, {std::to_string(amount), toText(ttl)})));
}

std::chrono::milliseconds RedisCache::take(std::string_view key, double per_second, int burst) {
    const auto interval = tokenInterval(per_second, burst);
    return std::chrono::milliseconds(
        integerOf(run(scripts_->take, {keyOf("b", key)},
                      {toText(interval), std::to_string(burst), toText(kTokenTolerance)})));
}

std::optional<sdk::Lease> RedisCache::acquire(std::string_view name, std::chrono::milliseconds ttl) {
    const auto token =
        textOf(run(scripts_->acquire, {keyOf("l", name), prefix_ + "last_token"}, {node_, toText(ttl)}));
    if (!token) return std::nullopt;
    return sdk::Lease{std::string(name), parseInteger(token), node_};
}

bool RedisCache::renew(const sdk::Lease& lease, std::chrono::milliseconds ttl) {
    return integerOf(run(scripts_->renew, {keyOf("l", lease.name)}, {holding(lease), toText(ttl)})) == 1;
}

void RedisCache::release(const sdk::Lease& lease) {
    run(scripts_->release, {keyOf("l", lease.name)}, {holding(lease)});
}

void RedisCache::ping() {
    call({"PING"});
}

std::string RedisCache::keyOf(std::string_view kind, std::string_view key) const {
    std::string name;
    name.reserve(prefix_.size() + kind.size() + 1 + key.size());
    name.append(prefix_).append(kind).append(":").append(key);
    return name;
}

RedisReply RedisCache::call(const std::vector<std::string_view>& words) {
    try {
        return pool_.call(words);
    } catch (const RedisRefusal& refusal) {
        refused(refusal);
    }
}

RedisReply RedisCache::run(const Script& script, std::initializer_list<std::string_view> keys,
                           std::initializer_list<std::string_view> arguments) {
    const auto count = std::to_string(keys.size());
    std::vector<std::string_view> words{"EVALSHA", script.digest, count};
    words.insert(words.end(), keys);
    words.insert(words.end(), arguments);
    try {
        return pool_.call(words);
    } catch (const RedisRefusal& refusal) {
        if (!refusal.isUnknownScript()) refused(refusal);
    }
    words[0] = "EVAL";  // Redis keeps it then, until it is started anew
    words[1] = script.text;
    return call(words);
}

void RedisCache::refused(const RedisRefusal& refusal) {
    const std::string_view reason = refusal.what();
    if (reason.find("not an integer") != std::string_view::npos ||
        reason.find("overflow") != std::string_view::npos)
        throw notACounter();
    log_.error("Redis refused a command", {{"reason", sdk::Json(std::string(reason))}});
    if (reason.starts_with("OOM")) throw redisUnavailable();
    throw sdk::Error(sdk::ErrorCode::kInternal, "Something went wrong. Please try again.");
}

}  // namespace linkup::daemon
