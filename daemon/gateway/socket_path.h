#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "event_reader.h"
#include "gate.h"
#include "linkup/sdk/metrics.h"
#include "linkup/sdk/registrar.h"
#include "linkup/sdk/socket.h"

namespace linkup::daemon {

/// What a plugin registered for a path.
struct SocketRegistration {
    SocketRegistration(std::string owner_name, sdk::SocketSpec socket, sdk::SocketHandler& plugin_handler)
        : owner(std::move(owner_name)),
          spec(std::move(socket)),
          reader(spec),
          handler(plugin_handler),
          importances_(spec.events.size()),
          prompt_(spec.events.size()) {
        for (auto& one : importances_) one.store(sdk::Importance::kCore);
    }

    /// False if there is no such event.
    bool setImportance(std::string_view event, sdk::Importance importance) {
        const sdk::EventSpec* const found = reader.find(event);
        if (found != nullptr) importances_[reader.indexOf(*found)].store(importance);
        return found != nullptr;
    }
    /// Its handler never waits. False if there is no such event.
    bool setPrompt(std::string_view event) {
        const sdk::EventSpec* const found = reader.find(event);
        if (found != nullptr) prompt_[reader.indexOf(*found)].store(true);
        return found != nullptr;
    }
    // Of an event that `reader` found.
    bool isPrompt(const sdk::EventSpec& event) const noexcept {
        return prompt_[reader.indexOf(event)].load(std::memory_order_relaxed);
    }
    sdk::Importance importanceOf(const sdk::EventSpec& event) const noexcept {
        return importances_[reader.indexOf(event)].load(std::memory_order_relaxed);
    }

    const std::string owner;
    const sdk::SocketSpec spec;
    const EventReader reader;
    sdk::SocketHandler& handler;
    Gate gate;

private:
    std::vector<std::atomic<sdk::Importance>> importances_;
    std::vector<std::atomic<bool>> prompt_;
};

/// A path with sockets. It outlives its registration, so that a plugin can be replaced while its sockets stay
/// open.
///
/// Threading: any thread.
class SocketPath {
public:
    /// `open`: counts its sockets, and outlives them; null: nobody counts.
    explicit SocketPath(std::string name, sdk::Gauge* open = nullptr) : name_(std::move(name)), open_(open) {}

    const std::string& name() const noexcept { return name_; }
    void count(double change) noexcept {
        if (open_ != nullptr) open_->add(change);
    }
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
    sdk::Gauge* const open_;
    mutable std::mutex mutex_;
    std::shared_ptr<SocketRegistration> current_;
};

}  // namespace linkup::daemon
