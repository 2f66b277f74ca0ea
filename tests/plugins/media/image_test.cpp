#include <cppunit/extensions/HelperMacros.h>
#include <linkup/sdk/error.h>
#include <sys/resource.h>

#include <fstream>
#include <sstream>

#include "face_finder.h"
#include "image.h"
#include "test_images.h"

namespace linkup::test {

using media::Image;

namespace {

constexpr const char* kAstronaut = "/usr/lib/python3/dist-packages/skimage/data/astronaut.png";
constexpr const char* kCascade = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml";

Image read(const std::string& bytes) {
    return Image::read(*sdk::File::holding(bytes));
}

void expectRefused(const std::string& bytes, sdk::ErrorCode code, const std::string& message,
                   const std::string& what) {
    try {
        read(bytes);
        CPPUNIT_FAIL(what + " was taken");
    } catch (const sdk::Error& error) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(what, message, std::string(error.what()));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(what, static_cast<int>(code), static_cast<int>(error.code()));
    }
}
void expectNoImage(const std::string& bytes, const std::string& what) {
    expectRefused(bytes, sdk::ErrorCode::kInvalidArgument, "Invalid image file.", what);
}

std::string contentOf(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    CPPUNIT_ASSERT_MESSAGE(path, in.good());
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

long peakKilobytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

}  // namespace

/// Pictures that strangers send.
class ImageTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ImageTest);
    CPPUNIT_TEST(everyTakenKindBecomesWebp);
    CPPUNIT_TEST(imageIsTurnedUpright);
    CPPUNIT_TEST(imageIsFittedAndNeverEnlarged);
    CPPUNIT_TEST(nothingOfTheCameraIsLeft);
    CPPUNIT_TEST(everyKindWithExifIsEncoded);
    CPPUNIT_TEST(greyAndTransparentImagesAreTaken);
    CPPUNIT_TEST(otherKindsAreRefused);
    CPPUNIT_TEST(emptyAndCutOffFilesAreRefused);
    CPPUNIT_TEST(tooManyPixelsAreRefusedBeforeTheyAreDecoded);
    CPPUNIT_TEST(longSideIsFittedInBoundedMemory);
    CPPUNIT_TEST(damagedFilesNeverCrash);
    CPPUNIT_TEST(blurhashIsThatOfTheReference);
    CPPUNIT_TEST(faceIsFoundAndPortraitIsAroundIt);
    CPPUNIT_TEST(imageWithoutAFaceHasNone);
    CPPUNIT_TEST(portraitStaysWithinTheImage);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { media::prepareImages(); }

    void everyTakenKindBecomesWebp() {
        for (const char* suffix : {".jpg", ".png", ".webp", ".gif", ".heic"}) {
            const Image image = read(makeImage(suffix));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(suffix, 64, image.width());
            CPPUNIT_ASSERT_EQUAL_MESSAGE(suffix, 48, image.height());
            const std::string webp = image.webp(80);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(suffix, std::string("VipsForeignLoadWebpBuffer"), loaderOf(webp));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(suffix, std::string("red"), colourAt(webp, 10, 10));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(suffix, std::string("green"), colourAt(webp, 50, 10));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(suffix, std::string("blue"), colourAt(webp, 50, 44));
        }
    }
    void imageIsTurnedUpright() {
        // 6: the camera was held with its top to the right; 3: upside down.
        const Image turned = read(makeImage(".jpg", {.orientation = 6}));
        CPPUNIT_ASSERT_EQUAL(48, turned.width());
        CPPUNIT_ASSERT_EQUAL(64, turned.height());
        CPPUNIT_ASSERT_EQUAL(std::string("red"), colourAt(turned.webp(80), 40, 10));
        const Image over = read(makeImage(".jpg", {.orientation = 3}));
        CPPUNIT_ASSERT_EQUAL(64, over.width());
        CPPUNIT_ASSERT_EQUAL(std::string("red"), colourAt(over.webp(80), 54, 40));
    }
    void imageIsFittedAndNeverEnlarged() {
        for (const char* suffix : {".jpg", ".png", ".webp"}) {
            const Image image = read(makeImage(suffix, {.width = 3200, .height = 2000}));
            CPPUNIT_ASSERT_EQUAL(1600, image.width());
            CPPUNIT_ASSERT_EQUAL(1000, image.height());
        }
        const Image tall = read(makeImage(".jpg", {.width = 400, .height = 3200, .orientation = 6}));
        CPPUNIT_ASSERT_EQUAL(1600, tall.width());
        CPPUNIT_ASSERT_EQUAL(200, tall.height());
        CPPUNIT_ASSERT_EQUAL(1, read(makeImage(".png", {.width = 1, .height = 1})).width());
    }
    void nothingOfTheCameraIsLeft() {
        const std::string camera = makeImage(".jpg[profile=srgb]", {.orientation = 6, .located = true});
        CPPUNIT_ASSERT(hasMetadata(camera));
        CPPUNIT_ASSERT(camera.find("Maker") != std::string::npos);
        const std::string webp = read(camera).webp(80);
        CPPUNIT_ASSERT(!hasMetadata(webp));
        for (const char* trace : {"Maker", "EXIF", "Exif", "ICCP", "XMP"})
            CPPUNIT_ASSERT_MESSAGE(trace, webp.find(trace) == std::string::npos);
    }
    /// Found by fuzzing: libvips 8.14 read freed memory for the HEIF ones, which `./dev asan` shows.
    void everyKindWithExifIsEncoded() {
        for (const char* suffix : {".jpg", ".png", ".webp", ".heic"}) {
            for (const int orientation : {1, 6}) {
                const Image image = read(makeImage(
                    suffix, {.width = 24, .height = 8, .orientation = orientation, .located = true}));
                const std::string webp = image.part({0, 0, image.width(), image.height()}).webp(70);
                CPPUNIT_ASSERT_MESSAGE(suffix, !hasMetadata(webp));
                CPPUNIT_ASSERT_EQUAL_MESSAGE(suffix, image.width(), read(webp).width());
            }
        }
    }
    void greyAndTransparentImagesAreTaken() {
        const Image grey = read(makeImage(".jpg", {.bands = 1}));
        CPPUNIT_ASSERT_EQUAL(std::string("grey"), colourAt(grey.webp(80), 10, 10));
        CPPUNIT_ASSERT_EQUAL(std::size_t{166}, grey.blurhash().size());
        const Image transparent = read(makeImage(".png", {.bands = 4}));
        CPPUNIT_ASSERT_EQUAL(std::string("red"), colourAt(transparent.webp(80), 10, 10));
        CPPUNIT_ASSERT(media::isBlurhash(transparent.blurhash()));
    }
    void otherKindsAreRefused() {
        expectNoImage(makeImage(".tif"), "TIFF");
        expectNoImage("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'></svg>", "SVG");
        expectNoImage("P6 1 1 255\nabc", "PPM");
        expectNoImage("GIF is a kind of picture", "text");
        expectNoImage(std::string("\0\0\0\x1c"
                                  "ftypisom",
                                  12),
                      "MP4");
    }
    void emptyAndCutOffFilesAreRefused() {
        expectNoImage("", "nothing");
        for (const char* suffix : {".jpg", ".png", ".webp", ".gif", ".heic"}) {
            const std::string whole = makeImage(suffix, {.width = 640, .height = 480});
            for (const std::size_t size :
                 {std::size_t{3}, std::size_t{12}, whole.size() / 3, whole.size() / 2})
                expectNoImage(whole.substr(0, size), suffix + std::to_string(size));
        }
    }
    void tooManyPixelsAreRefusedBeforeTheyAreDecoded() {
        const std::string bomb =
            makeImage(".png[compression=9]", {.width = 30'000, .height = 1'700, .bands = 1});
        CPPUNIT_ASSERT(bomb.size() < 1'000'000);
        expectRefused(bomb, sdk::ErrorCode::kTooLarge, "Image dimensions too large.", "51 megapixels");
        // The same head, that promises 900 megapixels in some kilobytes.
        std::string larger = makeImage(".png", {.width = 30'000, .height = 10, .bands = 1});
        larger.replace(20, 4, std::string("\0\0\x75\x30", 4));
        const long before = peakKilobytes();
        CPPUNIT_ASSERT_THROW(read(larger), sdk::Error);
        // Of a GIF whose screen makes no sense libvips takes the size of its frame.
        std::string gif = makeImage(".gif");
        gif.replace(6, 4, std::string("\xff\xff\xff\xff", 4));
        CPPUNIT_ASSERT_EQUAL(64, read(gif).width());
        CPPUNIT_ASSERT_MESSAGE("decoded it", peakKilobytes() - before < 20'000);
    }
    void longSideIsFittedInBoundedMemory() {
        const std::string wide = makeImage(".jpg", {.width = 30'000, .height = 1'000, .flat = true});
        const long before = peakKilobytes();
        const Image image = read(wide);
        CPPUNIT_ASSERT_EQUAL(1600, image.width());
        CPPUNIT_ASSERT_EQUAL(53, image.height());
        CPPUNIT_ASSERT(peakKilobytes() - before < 60'000);
    }
    void damagedFilesNeverCrash() {
        std::uint32_t random = 7;
        const auto next = [&] { return random = random * 1664525 + 1013904223; };
        for (const char* suffix : {".jpg", ".png", ".webp", ".gif", ".heic"}) {
            const std::string whole = makeImage(suffix);
            int taken = 0;
            for (int round = 0; round < 60; ++round) {
                std::string damaged = whole;
                for (int i = 0; i < 4; ++i)
                    damaged[12 + next() % (damaged.size() - 12)] = static_cast<char>(next() >> 24);
                try {
                    taken += read(damaged).webp(80).empty() ? 0 : 1;
                } catch (const sdk::Error& error) {
                    CPPUNIT_ASSERT(sdk::httpStatus(error.code()) < 500);
                }
            }
            CPPUNIT_ASSERT(taken < 60);
        }
    }
    void blurhashIsThatOfTheReference() {
        // Made by the reference implementation, as Debian's python3-blurhash wraps it.
        const auto hash = [](int width, int height, int x, int y) {
            return media::blurhash(read(makePattern(width, height)).rgb(100), x, y);
        };
        CPPUNIT_ASSERT_EQUAL(
            std::string(
                "|$Hn,C5qVwrdNct6TFspVwRwRkwLSKs-X4n*aLa|S7soW:oLbGjbjHW;odocWWf7j@agodWWoKWWaxa|jtbGj@azj@"
                "azj@ofa|a|jabGjabZf7jtadfjj@azj@bZe;jtbGoga|azj@azjabGfjf7awazj@a|j@bGjafQfj"),
            hash(32, 24, 9, 9));
        CPPUNIT_ASSERT_EQUAL(
            std::string(
                "|$Epm3JCeEozWpozWWogWpEGm:kAb;i#bXjHbEjaoPj[gJeYf7g1eqf*f7bEf6e;f6g0e:e;f~e;a#jaf%fje;"
                "f7f%e;e;j[a|f7f7fjfjf7f7f%aejafjfjf7f7fjfjf7j]bGf7f7fQfjfQf7fjaxjaf7fjf7f7fQfjfQ"),
            hash(17, 40, 9, 9));
        CPPUNIT_ASSERT_EQUAL(std::string("L$Hn,C5qVwrdRwRkwLSKS7soW:oL"), hash(32, 24, 4, 3));
        CPPUNIT_ASSERT_EQUAL(std::string("A~0lwdfZfQfQ"), hash(2, 2, 2, 2));
        CPPUNIT_ASSERT_EQUAL(std::string("00CHBB"), hash(20, 20, 1, 1));
    }
    void faceIsFoundAndPortraitIsAroundIt() {
        const Image image = read(contentOf(kAstronaut));
        media::FaceFinder faces(kCascade);
        const auto face = faces.largest(image);
        CPPUNIT_ASSERT(face.has_value());
        // Her nose is near (225, 125) of 512 by 512.
        CPPUNIT_ASSERT(face->left < 225 && face->left + face->width > 225);
        CPPUNIT_ASSERT(face->top < 125 && face->top + face->height > 125);
        CPPUNIT_ASSERT(face->width > 60 && face->width < 180);
        const media::Box box = media::portraitAround(*face, image.width(), image.height());
        const Image portrait = image.part(box);
        CPPUNIT_ASSERT_EQUAL(portrait.width(), portrait.height());
        CPPUNIT_ASSERT(portrait.width() >= face->width * 2 && portrait.width() < image.width());
        CPPUNIT_ASSERT(faces.largest(portrait).has_value());
    }
    void imageWithoutAFaceHasNone() {
        media::FaceFinder faces(kCascade);
        CPPUNIT_ASSERT(!faces.largest(read(makeImage(".png"))).has_value());
        CPPUNIT_ASSERT(!faces.largest(read(makeImage(".png", {.width = 1, .height = 1}))).has_value());
        CPPUNIT_ASSERT(!faces.largest(read(makePattern(640, 480))).has_value());
        CPPUNIT_ASSERT_THROW(media::FaceFinder("no-such-file.xml"), sdk::Error);
    }
    void portraitStaysWithinTheImage() {
        CPPUNIT_ASSERT(media::portraitAround({0, 0, 100, 100}, 1000, 800) == (media::Box{0, 0, 220, 220}));
        CPPUNIT_ASSERT(media::portraitAround({900, 700, 100, 100}, 1000, 800) ==
                       (media::Box{780, 580, 220, 220}));
        CPPUNIT_ASSERT(media::portraitAround({100, 100, 600, 600}, 1000, 800) ==
                       (media::Box{0, 0, 800, 800}));
        CPPUNIT_ASSERT(media::portraitAround({400, 300, 100, 100}, 1000, 800) ==
                       (media::Box{340, 240, 220, 220}));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ImageTest);

}  // namespace linkup::test
