#include "keyring.h"

#include <algorithm>

#include "random.h"

namespace linkup::auth {

namespace {

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

void Keyring::load(const std::vector<NamedSecret>& secrets, std::string_view legacy_secret) {
    for (const NamedSecret& one : secrets) keys_.push_back(keyOf(one.name, one.secret));
    if (!legacy_secret.empty()) original_.push_back(keyOf({}, legacy_secret));
}

Keyring::Signature Keyring::sign(std::string_view text) const {
    return sign(keys_.front(), text);
}

bool Keyring::signedBy(std::string_view name, std::string_view text, const Signature& signature) const {
    const Key* key = find(name);
    if (key == nullptr) return false;
    const Signature expected = sign(*key, text);
    return sodium_memcmp(expected.data(), signature.data(), signature.size()) == 0;
}

bool Keyring::signedByOriginal(std::string_view text, const Signature& signature) const {
    if (original_.empty()) return signedBy({}, text, signature);
    const Signature expected = sign(original_.front(), text);
    return sodium_memcmp(expected.data(), signature.data(), signature.size()) == 0;
}

std::string Keyring::hashCode(std::string_view email_key, std::string_view code) const {
    return hashCode(keys_.front(), email_key, code);
}

bool Keyring::isHashOf(std::string_view hash, std::string_view email_key, std::string_view code) const {
    bool found = false;
    for (const Key& key : keys_) {
        const std::string expected = hashCode(key, email_key, code);
        found |=
            expected.size() == hash.size() && sodium_memcmp(expected.data(), hash.data(), hash.size()) == 0;
    }
    return found;
}

Keyring::Key Keyring::keyOf(const std::string& name, std::string_view secret) {
    Key key;
    key.name = name;
    crypto_auth_hmacsha256_init(&key.signing, bytes(secret), secret.size());
    const Signature derived = sign(key, "linkup one-time codes");
    static_assert(derived.size() == crypto_generichash_KEYBYTES);
    key.code_key = derived;
    return key;
}

Keyring::Signature Keyring::sign(const Key& key, std::string_view text) {
    crypto_auth_hmacsha256_state state = key.signing;
    crypto_auth_hmacsha256_update(&state, bytes(text), text.size());
    Signature signature;
    crypto_auth_hmacsha256_final(&state, signature.data());
    return signature;
}

std::string Keyring::hashCode(const Key& key, std::string_view email_key, std::string_view code) {
    crypto_generichash_state state;
    std::array<unsigned char, crypto_generichash_BYTES> hash;
    crypto_generichash_init(&state, key.code_key.data(), key.code_key.size(), hash.size());
    crypto_generichash_update(&state, bytes(email_key), email_key.size());
    const unsigned char separator = 0;
    crypto_generichash_update(&state, &separator, 1);
    crypto_generichash_update(&state, bytes(code), code.size());
    crypto_generichash_final(&state, hash.data(), hash.size());
    return toHex(hash);
}

const Keyring::Key* Keyring::find(std::string_view name) const noexcept {
    const auto key =
        std::find_if(keys_.begin(), keys_.end(), [&](const Key& one) { return one.name == name; });
    return key == keys_.end() ? nullptr : &*key;
}

}  // namespace linkup::auth
