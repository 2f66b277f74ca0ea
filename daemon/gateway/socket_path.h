#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "event_reader.h"
#include "gate.h"
#include "linkup/sdk/socket.h"

namespace linkup::daemon {

/// What a plugin registered for a path.
struct SocketRegistration {
    SocketRegistration(std::string owner_name, sdk::SocketSpec socket, sdk::SocketHandler& plugin_handler)
        : owner(std::move(owner_name)), spec(std::move(socket)), reader(spec), handler(plugin_handler) {}

    const std::string owner;
    const sdk::SocketSpec spec;
    const EventReader reader;
    sdk::SocketHandler& handler;
    Gate gate;
};

/// A path with sockets. It outlives its registration, so that a plugin can be replaced while its sockets stay
/// open.
///
/// Threading: any thread.
class SocketPath {
public:
    explicit SocketPath(std::string name) : name_(std::move(name)) {}

    const std::string& name() const noexcept { return name_; }
    /// Null while there is no handler.
    std::shared_ptr<SocketRegistration> current() const {
        const std::lock_guard lock(mutex_);
        return current_;
    }
    void set(std::shared_ptr<SocketRegistration> registration) {
        const std::lock_guard lock(mutex_);
        current_ = std::move(registration);
    }

private:
    const std::string name_;
    mutable std::mutex mutex_;
    std::shared_ptr<SocketRegistration> current_;
};

}  // namespace linkup::daemon
