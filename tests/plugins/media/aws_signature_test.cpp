// Signatures of requests to S3, against Amazon's own examples.

#include "aws_signature.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sodium.h>

namespace linkup::test {
namespace {

using media::AwsRequest;
using namespace std::chrono_literals;

constexpr const char* kNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* kHost = "examplebucket.s3.amazonaws.com";

/// Source: Amazon S3 API reference, "Signature Calculations for the Authorization Header" and "Using Query
/// Parameters", whose key, secret and time these are.
class AwsSignatureTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AwsSignatureTest);
    CPPUNIT_TEST(getOfAnObjectIsSignedAsInAmazonsExample);
    CPPUNIT_TEST(putOfAnObjectIsSignedAsInAmazonsExample);
    CPPUNIT_TEST(parameterWithoutValueIsSignedAsInAmazonsExample);
    CPPUNIT_TEST(listOfABucketIsSignedAsInAmazonsExample);
    CPPUNIT_TEST(urlIsPresignedAsInAmazonsExample);
    CPPUNIT_TEST(orderOfHeadersAndParametersDoesNotMatter);
    CPPUNIT_TEST(whatIsSignedIsWhatIsCovered);
    CPPUNIT_TEST(oddCharactersAreEncoded);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { CPPUNIT_ASSERT(sodium_init() >= 0); }

    void getOfAnObjectIsSignedAsInAmazonsExample() {
        const AwsRequest get{"GET", "/test.txt", {}, {{"host", kHost}, {"range", "bytes=0-9"}}};
        const auto headers = signature_.headers(get, kNothing, kTime);
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, headers.size());
        CPPUNIT_ASSERT_EQUAL(std::string(kNothing), headers[0].second);
        CPPUNIT_ASSERT_EQUAL(std::string("20130524T000000Z"), headers[1].second);
        CPPUNIT_ASSERT_EQUAL(
            std::string("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
            headers[2].second);
    }
    void putOfAnObjectIsSignedAsInAmazonsExample() {
        const AwsRequest put{"PUT",
                             "/test$file.text",
                             {},
                             {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                              {"host", kHost},
                              {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}};
        CPPUNIT_ASSERT_EQUAL(
            std::string("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
            signatureOf(put, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"));
    }
    void parameterWithoutValueIsSignedAsInAmazonsExample() {
        const AwsRequest lifecycle{"GET", "/", {{"lifecycle", ""}}, {{"host", kHost}}};
        CPPUNIT_ASSERT_EQUAL(std::string("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
                             signatureOf(lifecycle));
    }
    void listOfABucketIsSignedAsInAmazonsExample() {
        const AwsRequest list{"GET", "/", {{"max-keys", "2"}, {"prefix", "J"}}, {{"host", kHost}}};
        CPPUNIT_ASSERT_EQUAL(std::string("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
                             signatureOf(list));
    }
    void urlIsPresignedAsInAmazonsExample() {
        const AwsRequest get{"GET", "/test.txt", {}, {{"host", kHost}}};
        CPPUNIT_ASSERT_EQUAL(
            std::string("/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
                        "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date="
                        "20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
                        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"),
            signature_.presigned(get, kTime, 24h));
    }
    void orderOfHeadersAndParametersDoesNotMatter() {
        const AwsRequest one{"GET", "/", {{"a", "1"}, {"b", "2"}}, {{"host", kHost}, {"range", "x"}}};
        const AwsRequest two{"GET", "/", {{"b", "2"}, {"a", "1"}}, {{"range", "x"}, {"host", kHost}}};
        CPPUNIT_ASSERT_EQUAL(signatureOf(one), signatureOf(two));
        CPPUNIT_ASSERT_EQUAL(signature_.presigned(one, kTime, 1h), signature_.presigned(two, kTime, 1h));
    }
    void whatIsSignedIsWhatIsCovered() {
        const AwsRequest get{"GET", "/a", {}, {{"host", kHost}}};
        AwsRequest head = get;
        head.method = "HEAD";
        AwsRequest other = get;
        other.path = "/b";
        const std::string url = signature_.presigned(get, kTime, 1h);
        const auto seal = [](const std::string& text) { return text.substr(text.rfind('=')); };
        CPPUNIT_ASSERT(seal(url) != seal(signature_.presigned(head, kTime, 1h)));
        CPPUNIT_ASSERT(seal(url) != seal(signature_.presigned(other, kTime, 1h)));
        CPPUNIT_ASSERT(seal(url) != seal(signature_.presigned(get, kTime, 2h)));
        CPPUNIT_ASSERT(seal(url) != seal(signature_.presigned(get, kTime + 1s, 1h)));
        CPPUNIT_ASSERT_EQUAL(url, signature_.presigned(get, kTime + 999ms, 1h));
    }
    void oddCharactersAreEncoded() {
        CPPUNIT_ASSERT_EQUAL(std::string("/a%20b/%C3%A4%2B%3F%23%25%26%3D%27%28%29%2A%21~-_.%00"),
                             media::awsEncodedPath(std::string("/a b/ä+?#%&='()*!~-_.\0", 23)));
        CPPUNIT_ASSERT_EQUAL(std::string("a%2Fb%24"), media::awsEncodedValue("a/b$"));
        const AwsRequest get{"GET", "/ä b", {{"x y", "ü/"}}, {{"host", kHost}}};
        CPPUNIT_ASSERT(signature_.presigned(get, kTime, 1h).starts_with("/%C3%A4%20b?X-Amz-Algorithm="));
        CPPUNIT_ASSERT(signature_.presigned(get, kTime, 1h).find("&x%20y=%C3%BC%2F&") != std::string::npos);
    }

private:
    static constexpr sdk::Time kTime{std::chrono::sys_days{std::chrono::year{2013} / 5 / 24}};

    std::string signatureOf(const AwsRequest& request, std::string_view content = kNothing) {
        const std::string authorization = signature_.headers(request, content, kTime).back().second;
        return authorization.substr(authorization.rfind('=') + 1);
    }

    const media::AwsSignature signature_{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                         "us-east-1"};
};

CPPUNIT_TEST_SUITE_REGISTRATION(AwsSignatureTest);

}  // namespace
}  // namespace linkup::test
