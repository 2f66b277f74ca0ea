#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "http_client.h"
#include "linkup_daemon.h"
#include "socket_client.h"

namespace linkup::soak {

/// People who open the app and close it, again and again, on threads of their own: each signs in, waits in
/// the lobby, looks at people and decides about some, answers likes, uploads something, and signs out or
/// does not. Every request is expected to be answered well.
class Visitors {
public:
    /// `first` and `last`: the demo people they are; `urls`: of the nodes.
    Visitors(std::vector<std::string> urls, int first, int last, int threads);
    ~Visitors();

    /// Ends the visits under way. Nothing of theirs is open afterwards.
    void stop();
    std::size_t visits() const { return visits_; }
    /// What they did, by name: "sign-ins", "sign-outs", "likes", "uploads", … After `stop`.
    const std::map<std::string, std::int64_t>& done() const { return done_; }
    /// What was answered otherwise than it should have been. After `stop`.
    const std::map<std::string, std::int64_t>& faults() const { return faults_; }

private:
    void run(int thread);
    /// `what` is kept up to date with what the person does.
    void visit(int person, std::mt19937& random, std::string& what);
    void decide(test::HttpClient& client, std::mt19937& random);
    void answerLikes(test::HttpClient& client, std::mt19937& random);
    void upload(test::HttpClient& client, std::mt19937& random);
    void count(const std::string& what);
    void blame(const std::string& what);
    /// Counts what came as `what`, or blames. Returns whether it was 200.
    bool expectOk(const std::string& what, const test::HttpReply& reply);

    const std::vector<std::string> urls_;
    const int first_;
    const int last_;
    const int thread_count_;
    const std::string picture_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::size_t> visits_{0};
    std::mutex mutex_;  // guards what follows
    std::map<std::string, std::int64_t> done_;
    std::map<std::string, std::int64_t> faults_;
    std::vector<std::thread> threads_;
};

}  // namespace linkup::soak
