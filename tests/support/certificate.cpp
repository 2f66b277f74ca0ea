#include "certificate.h"

#include "process.h"

namespace linkup::test {

void makeCertificate(const std::filesystem::path& folder) {
    ProcessOptions openssl;
    openssl.command = {"openssl",
                       "req",
                       "-x509",
                       "-newkey",
                       "ec",
                       "-pkeyopt",
                       "ec_paramgen_curve:prime256v1",
                       "-nodes",
                       "-days",
                       "2",
                       "-subj",
                       "/CN=localhost",
                       "-addext",
                       "subjectAltName=DNS:localhost,IP:127.0.0.1",
                       "-keyout",
                       (folder / "key.pem").string(),
                       "-out",
                       (folder / "certificate.pem").string()};
    runOrThrow(openssl);
}

}  // namespace linkup::test
