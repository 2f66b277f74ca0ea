#include "audio.h"

#include <cppunit/extensions/HelperMacros.h>

#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "process.h"
#include "temporary_folder.h"

namespace linkup::test {

using media::probeAudio;

namespace {

constexpr std::int64_t kLength_ms = 2'000;

/// Two seconds of a tone (or what `arguments` begin with), as ffmpeg writes it.
std::string recorded(const std::string& ending, std::vector<std::string> arguments) {
    const TemporaryFolder folder;
    const std::string file = (folder / ("voice." + ending)).string();
    ProcessOptions options;
    options.command = {"ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=2"};
    options.command.insert(options.command.end(), arguments.begin(), arguments.end());
    options.command.push_back(file);
    Process ffmpeg(options);
    const auto code = ffmpeg.wait();
    CPPUNIT_ASSERT_MESSAGE(ffmpeg.output(), code == 0);
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

const std::map<std::string, std::string>& samples() {
    static const std::map<std::string, std::string> made = {
        {"m4a", recorded("m4a", {"-c:a", "aac"})},        {"aac", recorded("aac", {"-c:a", "aac"})},
        {"mp3", recorded("mp3", {"-c:a", "libmp3lame"})}, {"ogg", recorded("ogg", {"-c:a", "libopus"})},
        {"webm", recorded("webm", {"-c:a", "libopus"})},  {"wav", recorded("wav", {})},
    };
    return made;
}

std::string amr(int frames) {
    std::string bytes = "#!AMR\n";
    for (int i = 0; i < frames; ++i) bytes += '\x3c' + std::string(31, 'x');
    return bytes;
}

}  // namespace

/// Voice notes, by content.
class AudioTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AudioTest);
    CPPUNIT_TEST(everyTakenKindIsKnownWithItsLength);
    CPPUNIT_TEST(recordingWithoutAKnownLengthIsTaken);
    CPPUNIT_TEST(vorbisInOggIsTaken);
    CPPUNIT_TEST(filesWithMovingPicturesAreNoVoiceNotes);
    CPPUNIT_TEST(whatIsNoSoundIsRefused);
    CPPUNIT_TEST(cutOffContainersAreRefused);
    CPPUNIT_TEST(damagedFilesNeverCrash);
    CPPUNIT_TEST_SUITE_END();

public:
    void everyTakenKindIsKnownWithItsLength() {
        auto all = samples();
        all["amr"] = amr(100);
        for (const auto& [ending, bytes] : all) {
            const auto audio = probeAudio(bytes);
            CPPUNIT_ASSERT_MESSAGE(ending, audio.has_value());
            CPPUNIT_ASSERT_EQUAL(ending, std::string(audio->format));
            CPPUNIT_ASSERT_MESSAGE(ending, audio->duration_ms.has_value());
            CPPUNIT_ASSERT_MESSAGE(ending + " " + std::to_string(*audio->duration_ms),
                                   std::abs(*audio->duration_ms - kLength_ms) <= 100);
        }
    }
    void recordingWithoutAKnownLengthIsTaken() {
        // As a browser records: no seeking back to fill the length in.
        const auto live = probeAudio(recorded("webm", {"-c:a", "libopus", "-live", "1"}));
        CPPUNIT_ASSERT(live.has_value());
        CPPUNIT_ASSERT_EQUAL(std::string("webm"), std::string(live->format));
        CPPUNIT_ASSERT(live->duration_ms.has_value() && std::abs(*live->duration_ms - kLength_ms) <= 100);
        const auto pieces =
            probeAudio(recorded("mp4", {"-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"}));
        CPPUNIT_ASSERT(pieces.has_value());
        CPPUNIT_ASSERT_EQUAL(std::string("m4a"), std::string(pieces->format));
    }
    void vorbisInOggIsTaken() {
        const auto audio = probeAudio(recorded("ogg", {"-c:a", "libvorbis"}));
        CPPUNIT_ASSERT(audio.has_value());
        CPPUNIT_ASSERT(std::abs(audio->duration_ms.value() - kLength_ms) <= 100);
    }
    void filesWithMovingPicturesAreNoVoiceNotes() {
        const std::vector<std::string> pictures = {"-f",   "lavfi", "-i",   "testsrc=duration=1:size=32x32",
                                                   "-map", "0",     "-map", "1"};
        for (const char* ending : {"mp4", "webm"})
            CPPUNIT_ASSERT_MESSAGE(ending, !probeAudio(recorded(ending, pictures)).has_value());
    }
    void whatIsNoSoundIsRefused() {
        for (const std::string& bytes :
             {std::string(), std::string("hello, this is a text"), std::string(100'000, '\xff'),
              std::string(100'000, '\0'), std::string("\x89PNG\r\n\x1a\n and so on"), std::string("#!AMR\n"),
              std::string("ID3"), std::string("OggS"), std::string("\x1A\x45\xDF\xA3")}) {
            CPPUNIT_ASSERT_MESSAGE(bytes.substr(0, 20), !probeAudio(bytes).has_value());
        }
    }
    void cutOffContainersAreRefused() {
        for (const char* ending : {"m4a", "ogg", "webm"}) {
            const std::string& whole = samples().at(ending);
            for (const std::size_t size : {whole.size() / 2, whole.size() - 10, std::size_t{20}})
                CPPUNIT_ASSERT_MESSAGE(ending, !probeAudio(whole.substr(0, size)).has_value());
        }
    }
    void damagedFilesNeverCrash() {
        std::uint32_t random = 7;
        const auto next = [&] { return random = random * 1664525 + 1013904223; };
        auto all = samples();
        all["amr"] = amr(10);
        int refused = 0;
        for (const auto& [ending, whole] : all) {
            for (int round = 0; round < 500; ++round) {
                std::string damaged = whole.substr(0, next() % whole.size() + 1);
                for (int i = 0; i < 5; ++i)
                    damaged[next() % damaged.size()] = static_cast<char>(next() >> 24);
                const auto audio = probeAudio(damaged);
                refused += audio ? 0 : 1;
                CPPUNIT_ASSERT(!audio || audio->duration_ms.value_or(0) >= 0);
            }
        }
        CPPUNIT_ASSERT(refused > 100);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AudioTest);

}  // namespace linkup::test
