#include "auth_options.h"

#include <linkup/sdk/error.h>
#include <linkup/sdk/long_computation.h>
#include <sodium.h>

namespace linkup::auth {

namespace {

constexpr std::size_t kMinSecretBytes = 32;

std::chrono::seconds readSeconds(sdk::Config& config, const char* key, const char* help,
                                 std::chrono::seconds fallback, std::int64_t min, std::int64_t max) {
    return std::chrono::seconds(config.integer({key, help}, fallback.count(), min, max));
}

int readCount(sdk::Config& config, const char* key, const char* help, int fallback, int min, int max) {
    return static_cast<int>(config.integer({key, help}, fallback, min, max));
}

sdk::Live<std::chrono::seconds> readLiveSeconds(sdk::Config& config, const char* key, const char* help,
                                                std::chrono::seconds fallback, std::int64_t min,
                                                std::int64_t max) {
    return config.liveInteger<std::chrono::seconds>({key, help}, fallback.count(), min, max);
}

sdk::Live<int> readLiveCount(sdk::Config& config, const char* key, const char* help, int fallback, int min,
                             int max) {
    return config.liveInteger<int>({key, help}, fallback, min, max);
}

void needLongSecret(sdk::Config& config, const std::string& key, const std::string& secret) {
    if (config.production() && !secret.empty() && secret.size() < kMinSecretBytes) {
        config.refuse(key, "must have 32 bytes or more in production");
    }
}

/// The secret without a name, and those of `token.keys.NAME.secret`; the one that signs comes first.
std::vector<NamedSecret> readSecrets(sdk::Config& config) {
    const std::string unnamed =
        config.text({"token.secret",
                     "Signs all tokens, unless token.signing_key names another; 32 bytes or "
                     "more. Empty, in development only: made at random and kept in the "
                     "database.",
                     true},
                    "");
    const std::string signing = config.text(
        {"token.signing_key", "The NAME of token.keys.NAME.secret that signs; empty: token.secret does."},
        "");
    needLongSecret(config, "token.secret", unnamed);
    std::vector<NamedSecret> secrets;
    for (const std::string& name : config.groups("token.keys")) {
        const std::string key = "token.keys." + name + ".secret";
        const std::string secret = config.text(
            {key, "Checks tokens that it signed, and signs them if token.signing_key says so.", true}, "");
        if (secret.empty()) config.refuse(key, "must not be empty");
        needLongSecret(config, key, secret);
        secrets.insert(name == signing ? secrets.begin() : secrets.end(), {name, secret});
    }
    if (signing.empty()) {
        if (config.production() && unnamed.empty()) {
            config.refuse("token.secret", "must be set in production, to a random text of 32 bytes or more");
        }
        secrets.insert(secrets.begin(), {"", unnamed});
    } else if (secrets.empty() || secrets.front().name != signing) {
        config.refuse("token.signing_key", "names no key: there is no token.keys." + signing + ".secret");
    } else if (!unnamed.empty()) {
        secrets.push_back({"", unnamed});
    }
    return secrets;
}

void readLegacy(sdk::Config& config, AuthOptions& options) {
    options.accept_legacy_tokens =
        config.boolean({"accept_legacy_tokens",
                        "Tokens of the original server are good for imported accounts until they expire."},
                       false);
    options.legacy_secret =
        config.text({"token.legacy_secret",
                     "What the original server signed with; empty: the same as token.secret.", true},
                    "");
}

CodeMailTemplate readMail(sdk::Config& config) {
    constexpr const char* kKey = "code.template_folder";
    const std::string folder = config.text(
        {kKey, "Folder with code.txt and code.html, the mail that brings a code; empty: built in."}, "");
    CodeMailTemplate mail = builtInCodeMail();
    try {
        if (!folder.empty()) mail = readCodeMail(folder);
    } catch (const sdk::Error& error) {
        config.refuse(kKey, error.what());
    }
    return mail;
}

}  // namespace

std::vector<std::string> defaultMajors() {
    return {"BTech",
            "BSc",
            "BA",
            "Bachelor of Fine Arts",
            "BCA",
            "BBA",
            "Integrated MBA",
            "BCom",
            "Bachelor of Hotel Management",
            "MBBS",
            "BDS",
            "BPharm",
            "BSc Nursing",
            "Bachelor of Physiotherapy",
            "BArch",
            "BA LLB",
            "BBA LLB",
            "LLB",
            "MA",
            "MBA",
            "MCom",
            "MTech",
            "MArch",
            "MCA",
            "MSc",
            "LLM",
            "Computer Science",
            "Information Technology",
            "Mechanical Engineering",
            "Civil Engineering",
            "Electrical Engineering"};
}

AuthOptions readOptions(sdk::Config& config) {
    constexpr std::int64_t kDay = 24 * 3600;
    constexpr int kMany = 1'000'000;
    AuthOptions options;
    options.token_secrets = readSecrets(config);
    readLegacy(config, options);

    auto& lifetimes = options.lifetimes;
    lifetimes.access =
        readSeconds(config, "token.access_seconds", "Life of an access token.", lifetimes.access, 60, kDay);
    lifetimes.refresh =
        readSeconds(config, "token.refresh_seconds", "Life of a refresh token, and so of a sign-in.",
                    lifetimes.refresh, 3600, 3650 * kDay);
    lifetimes.email =
        readSeconds(config, "token.email_seconds", "Life of the proof that an address was verified.",
                    lifetimes.email, 60, kDay);

    auto& cost = options.password_cost;
    cost.passes =
        static_cast<std::uint64_t>(config.integer({"password.passes", "Passes of argon2id over its memory."},
                                                  static_cast<std::int64_t>(cost.passes), 1, 100));
    cost.memory_bytes = static_cast<std::uint64_t>(
        config.integer({"password.memory_bytes", "Memory of one argon2id hash."},
                       static_cast<std::int64_t>(cost.memory_bytes), crypto_pwhash_MEMLIMIT_MIN, 1LL << 30));
    cost.at_once =
        readCount(config, "password.threads",
                  "Passwords that are hashed at the same time; 0: as many as there are cores but one, "
                  "which is left to all other requests.",
                  0, 0, 64);
    if (cost.at_once == 0) cost.at_once = sdk::LongComputation::cores();
    options.password_queue = readCount(
        config, "password.queue", "Sign-ups and log-ins that may wait for them; beyond, 503.", 64, 1, 10'000);

    auto& codes = options.codes;
    codes.ttl = readLiveSeconds(config, "code.ttl_seconds", "Life of a one-time code.", codes.ttl, 30, kDay);
    codes.tries = readLiveCount(config, "code.tries", "Wrong tries that void a code.", codes.tries, 1, 100);
    codes.resend_after =
        readLiveSeconds(config, "code.resend_seconds", "Pause between two codes for one address; 0: none.",
                        codes.resend_after, 0, kDay);
    codes.per_email_hour =
        readLiveCount(config, "code.per_email_hour", "Codes an hour for one e-mail address; 0: no limit.",
                      codes.per_email_hour, 0, kMany);
    codes.per_address_hour =
        readLiveCount(config, "code.per_address_hour", "Codes an hour for one client address; 0: no limit.",
                      codes.per_address_hour, 0, kMany);

    options.code_mail = readMail(config);

    auto& logins = options.logins;
    logins.window = readSeconds(config, "login.window_seconds", "Time in which failed log-ins are counted.",
                                logins.window, 1, kDay);
    logins.per_email_and_address = readLiveCount(
        config, "login.failures", "Failed log-ins to one account from one client address; 0: no limit.",
        logins.per_email_and_address, 0, kMany);
    logins.per_email = readLiveCount(config, "login.failures_per_email",
                                     "Failed log-ins to one account from all addresses; 0: no limit.",
                                     logins.per_email, 0, kMany);
    logins.per_address = readLiveCount(config, "login.failures_per_address",
                                       "Failed log-ins from one address to all accounts; 0: no limit.",
                                       logins.per_address, 0, kMany);

    options.session_cache_ttl = readSeconds(config, "session.cache_seconds",
                                            "How long a node trusts what it knows of a session; revocation "
                                            "is announced and takes effect at once.",
                                            options.session_cache_ttl, 0, 3600);
    options.profiles_kept = static_cast<std::size_t>(config.integer(
        {"profiles.kept", "Profiles that are kept in memory as others see them, some KiB each."},
        static_cast<std::int64_t>(options.profiles_kept), 1, 10'000'000));
    options.majors = config.list({"majors", "What /register accepts as university_major."}, defaultMajors());
    return options;
}

}  // namespace linkup::auth
