#include "router.h"

#include <algorithm>

#include "linkup/sdk/error.h"
#include "uri.h"

namespace linkup::daemon {

namespace {

constexpr std::size_t kMaxLiteral = 128;

bool isParameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}
bool isTail(std::string_view segment) {
    return isParameter(segment) && segment[segment.size() - 2] == '*';
}

[[noreturn]] void refuse(std::string_view path, std::string_view why) {
    throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                     "path '" + std::string(path) + "': " + std::string(why));
}

std::vector<std::string_view> segmentsOf(std::string_view path) {
    if (path.empty() || path.front() != '/') refuse(path, "must begin with a slash");
    std::vector<std::string_view> segments;
    std::string_view rest = path.substr(1);
    while (!rest.empty()) {
        const std::string_view segment = rest.substr(0, rest.find('/'));
        if (segment.empty()) refuse(path, "has an empty segment");
        if (!isParameter(segment) && segment.find_first_of("{}%?#") != std::string_view::npos) {
            refuse(path, "a segment is either plain text or one parameter in braces");
        }
        if (segment.size() > kMaxLiteral) refuse(path, "has a segment of more than 128 characters");
        rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
        if (isTail(segment) && !rest.empty()) refuse(path, "a tail parameter must come last");
        segments.push_back(segment);
    }
    if (path.size() > 1 && path.back() == '/') refuse(path, "must not end with a slash");
    return segments;
}

/// What a request's segment says, decoded where it must be; `buffer` is used for that alone.
std::string_view decoded(std::string_view raw, std::array<char, kMaxLiteral>& buffer) noexcept {
    if (raw.find('%') == std::string_view::npos || raw.size() > 3 * buffer.size()) return raw;
    std::size_t used = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        char c = raw[i];
        if (c == '%') {
            const auto digit = [&](std::size_t at) {
                if (at >= raw.size()) return -1;
                if (raw[at] >= '0' && raw[at] <= '9') return raw[at] - '0';
                const int letter = (raw[at] | 0x20) - 'a';
                return letter >= 0 && letter < 6 ? letter + 10 : -1;
            };
            const int high = digit(i + 1);
            const int low = digit(i + 2);
            if (high < 0 || low < 0) return raw;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (used == buffer.size()) return raw;
        buffer[used++] = c;
    }
    return {buffer.data(), used};
}

bool holdsEscapedSlash(std::string_view raw) noexcept {
    for (std::size_t at = raw.find("%2"); at != std::string_view::npos; at = raw.find("%2", at + 1)) {
        if (at + 2 < raw.size() && (raw[at + 2] | 0x20) == 'f') return true;
    }
    return false;
}

}  // namespace

struct RouteTree::Node {
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> children;  // sorted
    std::unique_ptr<Node> parameter;
    std::unique_ptr<Endpoint> endpoint;
    std::unique_ptr<Endpoint> tail;

    const Node* child(std::string_view name) const noexcept {
        const auto found =
            std::lower_bound(children.begin(), children.end(), name,
                             [](const auto& entry, std::string_view key) { return entry.first < key; });
        return found != children.end() && found->first == name ? found->second.get() : nullptr;
    }
    Node& childOrNew(std::string_view name) {
        const auto place =
            std::lower_bound(children.begin(), children.end(), name,
                             [](const auto& entry, std::string_view key) { return entry.first < key; });
        if (place != children.end() && place->first == name) return *place->second;
        return *children.emplace(place, std::string(name), std::make_unique<Node>())->second;
    }
};

RouteTree::RouteTree() : root_(std::make_unique<Node>()) {}
RouteTree::~RouteTree() = default;

RouteTree::Match RouteTree::find(std::string_view path) const noexcept {
    Match match;
    if (path.empty() || path.front() != '/' || !findBelow(*root_, path.substr(1), match)) return {};
    return match;
}

bool RouteTree::isKnownWithSlash(std::string_view path) const noexcept {
    return path.size() > 1 && path.back() == '/' && find(path.substr(0, path.size() - 1)).endpoint != nullptr;
}

bool RouteTree::findBelow(const Node& node, std::string_view rest, Match& match) noexcept {
    if (rest.empty() && node.endpoint != nullptr) {
        match.endpoint = node.endpoint.get();
        return true;
    }
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    // The last segment must be told from one with a slash behind it: the latter leaves an empty segment to
    // match.
    const bool last = slash == std::string_view::npos;
    const std::string_view below = last ? std::string_view() : rest.substr(slash + 1);
    if (!segment.empty()) {
        const auto descend = [&](const Node& next) {
            if (last) {
                match.endpoint = next.endpoint.get();
                return match.endpoint != nullptr;
            }
            return !below.empty() && findBelow(next, below, match);
        };
        std::array<char, kMaxLiteral> buffer;
        if (const Node* child = node.child(decoded(segment, buffer)); child != nullptr && descend(*child))
            return true;
        if (node.parameter != nullptr && match.count < kMaxParameters && !holdsEscapedSlash(segment)) {
            match.values[match.count++] = segment;
            if (descend(*node.parameter)) return true;
            --match.count;
        }
    }
    if (node.tail != nullptr && !rest.empty() && match.count < kMaxParameters && !holdsEscapedSlash(rest)) {
        match.values[match.count++] = rest;
        match.endpoint = node.tail.get();
        return true;
    }
    return false;
}

Router::Router() : tree_(build({})) {}

std::uint64_t Router::add(RouterEntry entry) {
    if (parameterNames(entry.path).size() > RouteTree::kMaxParameters)
        refuse(entry.path, "has too many parameters");
    const std::lock_guard lock(mutex_);
    entries_.push_back({next_, std::move(entry)});
    try {
        tree_ = build(entries_);
    } catch (...) {
        entries_.pop_back();
        throw;
    }
    version_.fetch_add(1, std::memory_order_release);
    return next_++;
}

void Router::remove(std::uint64_t number) noexcept {
    const std::lock_guard lock(mutex_);
    if (std::erase_if(entries_, [number](const Numbered& one) { return one.number == number; }) == 0) return;
    tree_ = build(entries_);
    version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const RouteTree> Router::snapshot() const {
    const std::lock_guard lock(mutex_);
    return tree_;
}

std::vector<std::shared_ptr<HttpRoute>> Router::routes() const {
    std::vector<std::shared_ptr<HttpRoute>> all;
    const std::lock_guard lock(mutex_);
    for (const auto& [number, entry] : entries_) {
        if (entry.route != nullptr) all.push_back(entry.route);
    }
    return all;
}

std::shared_ptr<const RouteTree> Router::build(const std::vector<Numbered>& entries) {
    auto tree = std::make_shared<RouteTree>();
    const auto conflict = [&](const RouterEntry& entry, std::string_view what, const auto& is_same) {
        std::string other;
        for (const Numbered& one : entries) {
            if (is_same(one.entry)) other = "'" + one.entry.owner + "' as " + one.entry.path;
        }
        throw sdk::Error(sdk::ErrorCode::kConflict, std::string(what) + " " + entry.path + " of '" +
                                                        entry.owner + "' is taken by " + other);
    };
    for (const auto& [number, entry] : entries) {
        RouteTree::Node* node = tree->root_.get();
        std::unique_ptr<Endpoint>* place = nullptr;
        for (const std::string_view segment : segmentsOf(entry.path)) {
            if (isTail(segment)) {
                place = &node->tail;
            } else if (isParameter(segment)) {
                if (node->parameter == nullptr) node->parameter = std::make_unique<RouteTree::Node>();
                node = node->parameter.get();
            } else {
                node = &node->childOrNew(segment);
            }
        }
        if (place == nullptr) place = &node->endpoint;
        if (*place == nullptr) *place = std::make_unique<Endpoint>();
        Endpoint& endpoint = **place;
        if (entry.socket != nullptr) {
            if (endpoint.socket != nullptr) {
                conflict(entry, "socket",
                         [&](const RouterEntry& one) { return one.socket == endpoint.socket; });
            }
            endpoint.socket = entry.socket;
        }
        for (const Verb verb : entry.verbs) {
            auto& route = endpoint.routes[static_cast<std::size_t>(verb)];
            if (route != nullptr) {
                conflict(entry, toString(verb), [&](const RouterEntry& one) { return one.route == route; });
            }
            route = entry.route;
        }
        endpoint.allow.clear();
        for (std::size_t i = 0; i < kVerbs; ++i) {
            if (endpoint.routes[i] == nullptr) continue;
            if (!endpoint.allow.empty()) endpoint.allow += ", ";
            endpoint.allow += toString(static_cast<Verb>(i));
        }
    }
    return tree;
}

std::vector<std::string> parameterNames(std::string_view path) {
    std::vector<std::string> names;
    for (const std::string_view segment : segmentsOf(path)) {
        if (!isParameter(segment)) continue;
        std::string name(segment.substr(1, segment.size() - (isTail(segment) ? 3 : 2)));
        if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) {
            refuse(path, "each parameter needs a name of its own");
        }
        names.push_back(std::move(name));
    }
    return names;
}

std::string_view toString(Verb verb) noexcept {
    constexpr std::array<std::string_view, kVerbs> kNames{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    return kNames[static_cast<std::size_t>(verb)];
}

}  // namespace linkup::daemon
