#pragma once

#include <linkup/sdk/config.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "code_mail.h"

namespace linkup::auth {

struct TokenLifetimes {
    std::chrono::seconds access{3600};
    std::chrono::seconds refresh{30 * 24 * 3600};
    std::chrono::seconds email{3600};
};

/// What one argon2id hash costs. The default is what OWASP recommends: 19 MiB, two passes.
struct PasswordCost {
    std::uint64_t passes = 2;
    std::uint64_t memory_bytes = 19 * 1024 * 1024;
    int at_once = 1;  ///< how many are computed at the same time
};

/// How many codes may be asked for; a limit of 0 is no limit.
struct CodeLimits {
    sdk::Live<std::chrono::seconds> ttl = std::chrono::seconds(600);
    sdk::Live<int> tries = 5;
    sdk::Live<std::chrono::seconds> resend_after = std::chrono::seconds(30);
    sdk::Live<int> per_email_hour = 5;
    sdk::Live<int> per_address_hour = 20;
};

/// How many log-ins may fail within the window; a limit of 0 is no limit.
struct LoginLimits {
    std::chrono::seconds window{900};
    sdk::Live<int> per_email_and_address = 5;
    sdk::Live<int> per_email = 100;
    sdk::Live<int> per_address = 50;
};

/// A secret that signs tokens; its name stands in their header, `kid`, unless it is empty.
struct NamedSecret {
    std::string name;
    std::string secret;
};

/// All options of the plugin, as read once by Plugin::configure.
struct AuthOptions {
    /// The first signs. An empty secret, without a name: made at random once and kept in the database.
    std::vector<NamedSecret> token_secrets;
    bool accept_legacy_tokens = false;
    std::string legacy_secret;
    TokenLifetimes lifetimes;
    PasswordCost password_cost;
    int password_queue = 64;
    CodeLimits codes;
    CodeMailTemplate code_mail;
    LoginLimits logins;
    std::chrono::seconds session_cache_ttl{60};
    std::size_t profiles_kept = 16384;
    std::vector<std::string> majors;
};

/// Declares and reads every option. In the production profile the secrets must be set and hold 32 bytes or
/// more.
AuthOptions readOptions(sdk::Config& config);

/// The majors of the contract and those that the app offers.
std::vector<std::string> defaultMajors();

}  // namespace linkup::auth
