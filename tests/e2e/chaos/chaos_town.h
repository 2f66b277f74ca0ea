#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "crowd.h"
#include "deployment.h"

namespace linkup::chaos {

/// Two nodes on one PostgreSQL and one Redis, and people who are in chats two by two: chat i is that of the
/// people 2i - 1 and 2i.
class ChaosTown {
public:
    /// `settings` are added to those that a town has; `others`: how many more people there are, who chat with
    /// nobody.
    explicit ChaosTown(int pairs, std::map<std::string, std::string> settings = {}, int others = 0);

    test::LinkupDaemon& node(std::size_t index) {
        return index == 0 ? deployment_.first() : deployment_.second();
    }
    std::vector<std::uint16_t> ports();
    test::PrivatePostgres& postgres() { return test::PrivatePostgres::shared(); }
    test::PrivateRedis& redis() { return deployment_.redis(); }
    std::vector<std::string> query(const std::string& sql);
    /// One device of a person.
    Device device(int person);
    /// By chat.
    std::map<std::int64_t, std::int64_t> lastSeqs();
    /// What the app shows this person beside the chat; -1 if it shows no such chat.
    std::int64_t unseen(int person);
    /// Ends all in good order. Returns the worst exit code.
    int stop() { return deployment_.stop(); }

private:
    test::Deployment deployment_;
    std::vector<std::string> tokens_;
};

}  // namespace linkup::chaos
