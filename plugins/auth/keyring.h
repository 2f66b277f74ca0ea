#pragma once

#include <sodium.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "auth_options.h"

namespace linkup::auth {

/// The keys that sign tokens, of which one signs and all are good for checking, so that another can take over
/// without signing anybody out. From each comes a second key that hashes codes, so that neither tells of the
/// other.
///
/// Threading: load() once, before anything else; from then on any thread.
class Keyring {
public:
    using Signature = std::array<unsigned char, crypto_auth_hmacsha256_BYTES>;

    /// The first key signs. `legacy_secret` may be empty: then the key without a name reads the original's
    /// tokens.
    void load(const std::vector<NamedSecret>& secrets, std::string_view legacy_secret = {});
    bool loaded() const noexcept { return !keys_.empty(); }

    /// Name of the signing key, which stands in the header of a token; empty: none does.
    const std::string& signingName() const noexcept { return keys_.front().name; }
    /// HMAC-SHA256 with the secret as it is, so that whoever holds the secret can make and check tokens.
    Signature sign(std::string_view text) const;
    /// In constant time. False, too, if there is no key of that name.
    bool signedBy(std::string_view name, std::string_view text, const Signature& signature) const;
    bool signedByOriginal(std::string_view text, const Signature& signature) const;

    /// BLAKE2b of a code with a derived key, in hex. A code has only 900,000 values: without the key it is no
    /// secret.
    std::string hashCode(std::string_view email_key, std::string_view code) const;
    /// Whether any key made this hash of the code, in constant time: the node that sent it may sign with
    /// another.
    bool isHashOf(std::string_view hash, std::string_view email_key, std::string_view code) const;

private:
    struct Key {
        std::string name;
        crypto_auth_hmacsha256_state
            signing{};  ///< after the key went in: copying it saves two of its rounds
        std::array<unsigned char, crypto_generichash_KEYBYTES> code_key{};
    };
    static Key keyOf(const std::string& name, std::string_view secret);
    static Signature sign(const Key& key, std::string_view text);
    static std::string hashCode(const Key& key, std::string_view email_key, std::string_view code);
    const Key* find(std::string_view name) const noexcept;

    std::vector<Key> keys_;
    std::vector<Key> original_;  ///< none or one
};

}  // namespace linkup::auth
