#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace linkup::daemon {

struct HttpRoute;
class SocketPath;

/// The methods that a route can have. What is none of them is never allowed anywhere.
enum class Verb : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete };
inline constexpr std::size_t kVerbs = 6;

/// Everything that answers at one path.
struct Endpoint {
    std::array<std::shared_ptr<HttpRoute>, kVerbs> routes;
    std::shared_ptr<SocketPath> socket;
    std::string allow;  ///< the value of the Allow header
    const std::shared_ptr<HttpRoute>& route(Verb verb) const {
        return routes[static_cast<std::size_t>(verb)];
    }
    bool hasRoutes() const { return !allow.empty(); }
};

/// An immutable tree of paths; looking up allocates nothing.
class RouteTree {
public:
    static constexpr std::size_t kMaxParameters = 8;
    struct Match {
        const Endpoint* endpoint = nullptr;  ///< null: no such path
        std::array<std::string_view, kMaxParameters>
            values{};  ///< path parameters in order, still percent-encoded
        std::size_t count = 0;
    };

    RouteTree();
    ~RouteTree();
    RouteTree(const RouteTree&) = delete;
    RouteTree& operator=(const RouteTree&) = delete;

    /// `path` as sent, without query. Fixed segments win over parameters. A parameter is never empty and
    /// never holds a slash, escaped or not; a tail parameter `{name*}` takes all that is left.
    Match find(std::string_view path) const noexcept;
    /// Whether the path is a known one but for a slash at its end.
    bool isKnownWithSlash(std::string_view path) const noexcept;

private:
    friend class Router;
    struct Node;
    static bool findBelow(const Node& node, std::string_view rest, Match& match) noexcept;

    std::unique_ptr<Node> root_;
};

/// What a router entry is. One of `route` and `socket` is set.
struct RouterEntry {
    std::string owner;
    std::string path;         ///< "/api/v1/likes/{liker_id}/pass"
    std::vector<Verb> verbs;  ///< for a route
    std::shared_ptr<HttpRoute> route;
    std::shared_ptr<SocketPath> socket;
};

/// Takes routes in and out while requests run. A reader keeps its snapshot and looks at `version` for a newer
/// one.
///
/// Threading: any thread.
class Router {
public:
    Router();

    /// Returns the entry's number, for `remove`.
    /// Errors: Error{kConflict} naming both owners when method and path are taken, Error{kInvalidArgument}
    /// for a path that makes no sense.
    std::uint64_t add(RouterEntry entry);
    void remove(std::uint64_t number) noexcept;

    std::shared_ptr<const RouteTree> snapshot() const;
    /// All routes, in the order in which they were added.
    std::vector<std::shared_ptr<HttpRoute>> routes() const;
    std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }

private:
    struct Numbered {
        std::uint64_t number;
        RouterEntry entry;
    };
    static std::shared_ptr<const RouteTree> build(const std::vector<Numbered>& entries);

    mutable std::mutex mutex_;
    std::vector<Numbered> entries_;
    std::uint64_t next_ = 1;
    std::shared_ptr<const RouteTree> tree_;
    std::atomic<std::uint64_t> version_{1};
};

/// The names of a path's parameters in order. Errors: Error{kInvalidArgument} as for Router::add.
std::vector<std::string> parameterNames(std::string_view path);
std::string_view toString(Verb verb) noexcept;

}  // namespace linkup::daemon
