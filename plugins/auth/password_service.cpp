#include "password_service.h"

#include <linkup/sdk/error.h>
#include <linkup/sdk/long_computation.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "bcrypt.h"

namespace linkup::auth {

namespace {

constexpr std::size_t kMinLength = 8;
constexpr std::size_t kMaxLength = 128;
constexpr std::string_view kSpecial = "!@#$%^&*(),.?\":{}|<>";

std::size_t codePoints(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0u) != 0x80u;
    }));
}

bool holds(std::string_view text, char first, char last) {
    return std::any_of(text.begin(), text.end(),
                       [&](char letter) { return letter >= first && letter <= last; });
}

std::string randomBase64(std::size_t bytes) {
    std::array<unsigned char, 32> buffer;
    randombytes_buf(buffer.data(), buffer.size());
    std::array<char, 64> text;
    sodium_bin2base64(text.data(), text.size(), buffer.data(), bytes,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    return text.data();
}

/// A hash in argon2's text form, of no password that anyone knows.
std::string hashOfNobody(const PasswordCost& cost) {
    return "$argon2id$v=19$m=" + std::to_string(cost.memory_bytes / 1024) +
           ",t=" + std::to_string(cost.passes) + ",p=1$" + randomBase64(16) + "$" + randomBase64(32);
}

}  // namespace

std::optional<std::string> passwordFault(std::string_view password) {
    const std::size_t length = codePoints(password);
    if (length < kMinLength) return "Password must be at least 8 characters long";
    if (!holds(password, 'A', 'Z')) return "Password must contain at least one uppercase letter";
    if (!holds(password, 'a', 'z')) return "Password must contain at least one lowercase letter";
    if (!holds(password, '0', '9')) return "Password must contain at least one digit";
    if (password.find_first_of(kSpecial) == std::string_view::npos) {
        return "Password must contain at least one special character";
    }
    if (length > kMaxLength) return "Password must be at most 128 characters long";
    return std::nullopt;
}

/// One of those who hash at the same time; everybody else goes first.
class PasswordService::Turn {
public:
    explicit Turn(const PasswordService& owner) : place_(owner.turns_), computation_(owner.cost_.at_once) {}

private:
    struct Place {
        explicit Place(std::counting_semaphore<>& all) : turns(all) { turns.acquire(); }
        ~Place() { turns.release(); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        std::counting_semaphore<>& turns;
    };

    const Place place_;
    const sdk::LongComputation computation_;
};

PasswordService::PasswordService(const PasswordCost& cost)
    : cost_(cost), nobody_(hashOfNobody(cost)), turns_(cost.at_once) {}

std::string PasswordService::hash(std::string_view password) const {
    const Turn turn(*this);
    std::array<char, crypto_pwhash_STRBYTES> text;
    if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), cost_.passes, cost_.memory_bytes,
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
        throw sdk::Error(sdk::ErrorCode::kUnavailable, "Server is busy. Please try again in a moment.");
    }
    return text.data();
}

bool PasswordService::verify(std::string_view password, const std::string* hash) const {
    const Turn turn(*this);
    if (hash != nullptr && bcrypt::costOf(*hash)) {
        if (bcrypt::verify(password, *hash)) return true;
        isArgon(password, nobody_);
        return false;
    }
    const bool known = hash != nullptr && hash->starts_with("$argon2id$");
    if (isArgon(password, known ? *hash : nobody_) && known) return true;
    std::unique_lock lock(mutex_);
    const auto bcrypt_nobody = bcrypt_nobody_;
    lock.unlock();
    if (bcrypt_nobody) bcrypt::verify(password, *bcrypt_nobody);
    return false;
}

void PasswordService::expectBcrypt(int cost) {
    const std::lock_guard lock(mutex_);
    if (cost == 0) {
        bcrypt_nobody_.reset();
    } else if (!bcrypt_nobody_ || bcrypt::costOf(*bcrypt_nobody_) != cost) {
        bcrypt_nobody_ = std::make_shared<const std::string>(bcrypt::hashOfNobody(cost));
    }
}

bool PasswordService::isArgon(std::string_view password, const std::string& hash) const {
    return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

bool PasswordService::outdated(const std::string& hash) const {
    return crypto_pwhash_str_needs_rehash(hash.c_str(), cost_.passes, cost_.memory_bytes) != 0;
}

}  // namespace linkup::auth
