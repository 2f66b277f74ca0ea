// The reader of tokens: once with a text as a stranger sends it, once with a header and claims of the
// fuzzer's that are signed with a good key, so that it comes past the signature.

#include <linkup/sdk/testing/fake_clock.h>

#include <sodium.h>

#include <array>
#include <limits>
#include <string>

#include "fuzz_input.h"
#include "plugins/auth/keyring.h"
#include "plugins/auth/random.h"
#include "plugins/auth/token_service.h"

using namespace linkup;
using namespace linkup::auth;
using linkup::test::expectThat;

namespace {

constexpr const char* kSecret = "a-secret-of-more-than-thirty-two-bytes";
constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

struct Reader {
    Reader() {
        prepareCrypto();
        keyring.load({{"", kSecret}, {"new", std::string(32, 'n')}}, kSecret);
    }
    sdk::testing::FakeClock clock;
    Keyring keyring;
    TokenService tokens{keyring, {}, clock, TokenService::Legacy::kAccept};
};

std::string base64(std::string_view bytes) {
    std::string text(sodium_base64_encoded_len(bytes.size(), kBase64), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                      bytes.size(), kBase64);
    text.pop_back();
    return text;
}

void expectSound(const std::optional<SessionClaims>& claims) {
    if (!claims) return;
    const sdk::Principal& principal = claims->principal;
    expectThat(principal.user >= 1 && principal.user <= std::numeric_limits<std::int32_t>::max(),
               "an accepted token has an id");
    expectThat(!principal.session.empty() && !principal.email.empty() && !claims->jti.empty(),
               "an accepted token has session, address and jti");
}

/// Whether any purpose accepts it.
bool readAll(const Reader& reader, std::string_view token) {
    const auto access = reader.tokens.readAccess(token);
    const auto refresh = reader.tokens.readRefresh(token);
    const auto legacy = reader.tokens.readLegacy(token);
    EmailClaims email;
    const bool mail = reader.tokens.readEmail(token, email) == TokenService::EmailFault::kNone;
    for (const auto& claims : {access, refresh, legacy}) expectSound(claims);
    const int purposes =
        int(access.has_value()) + int(refresh.has_value()) + int(legacy.has_value()) + int(mail);
    expectThat(purposes <= 1, "a token serves one purpose");
    if (mail) expectThat(email.expires > reader.clock.now(), "an accepted e-mail token is not over");
    return purposes > 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Reader reader;
    test::FuzzInput input(data, size);
    const std::string_view raw = input.rest();
    readAll(reader, raw);

    const std::string header = base64(input.line());
    const std::string text = header + "." + base64(input.rest());
    const auto signature = reader.keyring.sign(text);
    const std::string token =
        text + "." + base64({reinterpret_cast<const char*>(signature.data()), signature.size()});
    if (!readAll(reader, token)) return 0;
    std::string other = token;
    other[other.size() / 2] = other[other.size() / 2] == 'A' ? 'B' : 'A';
    expectThat(!readAll(reader, other), "a changed token is refused");
    return 0;
}
