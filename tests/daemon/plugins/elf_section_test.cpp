#include "daemon/plugins/elf_section.h"

#include <cppunit/extensions/HelperMacros.h>
#include <elf.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <random>
#include <sstream>

#include "daemon/plugins/plugin_error.h"

using linkup::daemon::exportsElfSymbol;
using linkup::daemon::PluginError;
using linkup::daemon::readElfSection;

namespace {

/// Damages copies of this very program, which is a position-independent ELF file.
class ElfSectionTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ElfSectionTest);
    CPPUNIT_TEST(findsASectionByName);
    CPPUNIT_TEST(missingSectionIsNothing);
    CPPUNIT_TEST(whatIsNoLibraryIsRefused);
    CPPUNIT_TEST(cutOffFileIsRefused);
    CPPUNIT_TEST(otherMachineIsRefused);
    CPPUNIT_TEST(damagedHeadersNeverReadOutside);
    CPPUNIT_TEST_SUITE_END();

    std::filesystem::path file_;
    std::string good_;

public:
    void setUp() override {
        std::ifstream self("/proc/self/exe", std::ios::binary);
        std::stringstream bytes;
        bytes << self.rdbuf();
        good_ = bytes.str();
        file_ = std::filesystem::temp_directory_path() / ("elf_section_test." + std::to_string(getpid()));
    }
    void tearDown() override { std::filesystem::remove(file_); }

private:
    void write(const std::string& bytes) {
        std::ofstream(file_, std::ios::binary | std::ios::trunc)
            .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }

    void assertRefused(const std::string& bytes, const std::string& end) {
        write(bytes);
        try {
            readElfSection(file_, ".interp");
        } catch (const PluginError& error) {
            CPPUNIT_ASSERT_EQUAL(file_.string() + ": " + end, std::string(error.what()));
            return;
        }
        CPPUNIT_FAIL("not refused");
    }

    void findsASectionByName() {
        write(good_);
        const auto found = readElfSection(file_, ".interp");
        CPPUNIT_ASSERT(found.has_value());
        CPPUNIT_ASSERT_MESSAGE(*found, found->find("/ld") != std::string::npos);
    }

    void missingSectionIsNothing() {
        write(good_);
        CPPUNIT_ASSERT(!readElfSection(file_, "linkup_plugin"));
    }

    void whatIsNoLibraryIsRefused() {
        assertRefused("#!/bin/sh\necho hello, I am long enough for a header\n",
                      "is no ELF file, so no shared library");
        assertRefused("", "is cut off: its headers point behind its end");
        std::filesystem::remove(file_);
        CPPUNIT_ASSERT_THROW(readElfSection(file_, "x"), PluginError);
        CPPUNIT_ASSERT_THROW(readElfSection(std::filesystem::temp_directory_path(), "x"), PluginError);
    }

    void cutOffFileIsRefused() {
        assertRefused(good_.substr(0, good_.size() / 2), "is cut off: its headers point behind its end");
        assertRefused(good_.substr(0, 20), "is cut off: its headers point behind its end");
    }

    void otherMachineIsRefused() {
        std::string other = good_;
        other[offsetof(Elf64_Ehdr, e_machine)] = 7;
        other[offsetof(Elf64_Ehdr, e_machine) + 1] = 0;
        write(other);
        try {
            readElfSection(file_, "x");
            CPPUNIT_FAIL("not refused");
        } catch (const PluginError& error) {
            CPPUNIT_ASSERT_MESSAGE(
                error.what(),
                std::string(error.what()).find("field \"e_machine\": found 7") != std::string::npos);
        }
    }

    /// Any answer will do, but none may read outside the file (the sanitizers watch).
    void damagedHeadersNeverReadOutside() {
        std::mt19937 random(20240817);
        Elf64_Ehdr header;
        std::memcpy(&header, good_.data(), sizeof header);
        for (int round = 0; round < 300; ++round) {
            std::string damaged = good_;
            for (int i = 0; i < 4; ++i) damaged[random() % sizeof header] = static_cast<char>(random());
            for (int i = 0; i < 4 && header.e_shoff < damaged.size(); ++i) {
                damaged[header.e_shoff + random() % (damaged.size() - header.e_shoff)] =
                    static_cast<char>(random());
            }
            write(damaged);
            try {
                readElfSection(file_, ".interp");
                exportsElfSymbol(file_, "main");
            } catch (const PluginError&) {
            }
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ElfSectionTest);

}  // namespace
