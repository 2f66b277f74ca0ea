#pragma once

#include <filesystem>

namespace linkup::test {

/// Makes a certificate for `localhost` and `127.0.0.1`, and its key: certificate.pem and key.pem in `folder`.
///
/// Errors: std::runtime_error with what openssl printed.
void makeCertificate(const std::filesystem::path& folder);

}  // namespace linkup::test
