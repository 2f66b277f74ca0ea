#include "parallel.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace linkup::match {
namespace {

/// Shared with helpers, which may come when all is done and the caller gone.
struct Shared {
    Shared(std::size_t all, const std::function<void(std::size_t)>& call)
        : count(all), left(all), each(call) {}

    void help() {
        for (std::size_t i = next++; i < count; i = next++) {
            each(i);  // whoever got one keeps the caller waiting
            const std::lock_guard lock(mutex);
            if (--left == 0) done.notify_one();
        }
    }
    void wait() {
        std::unique_lock lock(mutex);
        done.wait(lock, [this] { return left == 0; });
    }

    const std::size_t count;
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::condition_variable done;
    std::size_t left;
    const std::function<void(std::size_t)>& each;
};

}  // namespace

void forEach(sdk::Workers& workers, std::size_t count, const std::function<void(std::size_t)>& each) {
    if (count == 1) return each(0);
    if (count == 0) return;
    const auto shared = std::make_shared<Shared>(count, each);
    for (std::size_t helper = 1; helper < count; ++helper) {
        if (!workers.post("requests", [shared] { shared->help(); })) break;
    }
    shared->help();
    shared->wait();
}

}  // namespace linkup::match
