#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>

#include "auth_options.h"

namespace linkup::auth {

/// The first rule of the contract that a new password breaks, as its sentence; nothing if it is good.
std::optional<std::string> passwordFault(std::string_view password);

/// Hashes passwords with argon2id, and knows bcrypt. Slow on purpose: call it from the pool "passwords" only.
/// More calls than may hash at the same time wait for each other.
///
/// Threading: any thread.
class PasswordService {
public:
    explicit PasswordService(const PasswordCost& cost);

    /// Throws Error{kUnavailable} when there is no memory for it.
    std::string hash(std::string_view password) const;
    /// Whether this is the password of `hash`, which is argon2id or, of an imported account, bcrypt; null is
    /// nobody's, and never right. Whatever is wrong takes the same time: the telling kind of hash is made up
    /// for.
    bool verify(std::string_view password, const std::string* hash) const;
    /// That accounts with bcrypt hashes of this cost exist; 0: that there are none.
    void expectBcrypt(int cost);
    /// True if the hash was made at another cost than today's.
    bool outdated(const std::string& hash) const;

private:
    class Turn;
    bool isArgon(std::string_view password, const std::string& hash) const;

    const PasswordCost cost_;
    const std::string nobody_;
    mutable std::counting_semaphore<> turns_;
    mutable std::mutex mutex_;
    std::shared_ptr<const std::string> bcrypt_nobody_;  ///< null while nobody has such a hash
};

}  // namespace linkup::auth
