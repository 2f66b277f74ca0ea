#include "linkup/sdk/long_computation.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <thread>

namespace linkup::sdk {

namespace {

constexpr long kOfferEveryNs = 500'000;

/// If nobody waits for the core, it returns at once.
void offerCore(int /*signal*/) {
    sched_yield();
}

bool handleSignals() noexcept {
    static const bool kDone = [] {
        struct sigaction action {};
        action.sa_handler = offerCore;
        action.sa_flags = SA_RESTART;
        return sigaction(SIGURG, &action, nullptr) == 0;
    }();
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGURG);
    return kDone && pthread_sigmask(SIG_UNBLOCK, &signals, nullptr) == 0;
}

}  // namespace

struct LongComputation::State {
    explicit State(int at_once) : moved(keepOffTheFirstCore(at_once)), timed(startTimer()) {}
    ~State() {
        if (timed) timer_delete(timer);
        if (moved) sched_setaffinity(0, sizeof before, &before);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    bool keepOffTheFirstCore(int at_once) noexcept {
        if (sched_getaffinity(0, sizeof before, &before) != 0 || CPU_COUNT(&before) <= at_once) return false;
        cpu_set_t others = before;
        int first = 0;
        while (!CPU_ISSET(first, &others)) ++first;
        CPU_CLR(first, &others);
        return sched_setaffinity(0, sizeof others, &others) == 0;
    }

    bool startTimer() noexcept {
        sigevent event{};
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = SIGURG;
        event._sigev_un._tid = gettid();  // the C library has no other name for it before 2.38
        if (!handleSignals() || timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return false;
        const itimerspec times{{0, kOfferEveryNs}, {0, kOfferEveryNs}};
        timer_settime(timer, 0, &times, nullptr);
        return true;
    }

    cpu_set_t before{};
    timer_t timer{};
    const bool moved;
    const bool timed;
};

LongComputation::LongComputation(int at_once) : state_(std::make_unique<State>(at_once)) {}
LongComputation::~LongComputation() = default;

int LongComputation::cores() noexcept {
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) - 1);
}

}  // namespace linkup::sdk
