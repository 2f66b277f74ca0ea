#include "elf_section.h"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <fstream>
#include <vector>

#include "plugin_error.h"

namespace linkup::daemon {

namespace {

using Header = ElfW(Ehdr);
using SectionHeader = ElfW(Shdr);
using Symbol = ElfW(Sym);

// A descriptor has a few hundred bytes, a table of section names a few thousand; symbols may be many.
constexpr std::uint64_t kMaxSectionBytes = 16 * 1024 * 1024;
constexpr unsigned char kOwnClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
constexpr unsigned char kOwnByteOrder = ELFDATA2LSB;
#else
constexpr unsigned char kOwnByteOrder = ELFDATA2MSB;
#endif
#if defined(__x86_64__)
constexpr std::uint16_t kOwnMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kOwnMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr std::uint16_t kOwnMachine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr std::uint16_t kOwnMachine = EM_PPC64;
#elif defined(__s390x__)
constexpr std::uint16_t kOwnMachine = EM_S390;
#else
#error "name this machine's ELF number here"
#endif

/// Reads pieces of a file that may be damaged on purpose: every offset is checked against the file's size.
class FileReader {
public:
    explicit FileReader(const std::filesystem::path& file) : file_(file), stream_(file, std::ios::binary) {
        std::error_code ignored;
        if (!std::filesystem::is_regular_file(file, ignored) || !stream_)
            refuse("no such file, or it cannot be read");
        stream_.seekg(0, std::ios::end);
        size_ = static_cast<std::uint64_t>(stream_.tellg());
    }

    void read(std::uint64_t offset, void* target, std::uint64_t bytes) {
        if (offset > size_ || bytes > size_ - offset) refuse("is cut off: its headers point behind its end");
        stream_.seekg(static_cast<std::streamoff>(offset));
        stream_.read(static_cast<char*>(target), static_cast<std::streamsize>(bytes));
        if (!stream_) refuse("cannot be read");
    }

    std::string readSection(const SectionHeader& section) {
        if (section.sh_type == SHT_NOBITS || section.sh_size > kMaxSectionBytes)
            refuse("has a section of absurd size");
        std::string bytes(section.sh_size, '\0');
        read(section.sh_offset, bytes.data(), bytes.size());
        return bytes;
    }

    [[noreturn]] void refuse(const std::string& why) const { throw PluginError(file_.string() + ": " + why); }

private:
    std::filesystem::path file_;
    std::ifstream stream_;
    std::uint64_t size_ = 0;
};

Header readHeader(FileReader& reader) {
    unsigned char ident[EI_NIDENT] = {};
    reader.read(0, ident, sizeof ident);
    if (std::memcmp(ident, ELFMAG, SELFMAG) != 0) reader.refuse("is no ELF file, so no shared library");
    if (ident[EI_CLASS] != kOwnClass || ident[EI_DATA] != kOwnByteOrder) {
        reader.refuse("is built for another kind of machine (word size or byte order)");
    }
    Header header{};
    reader.read(0, &header, sizeof header);
    if (header.e_machine != kOwnMachine) {
        reader.refuse("field \"e_machine\": found " + std::to_string(header.e_machine) + ", expected " +
                      std::to_string(kOwnMachine) + " (built for another processor)");
    }
    if (header.e_type != ET_DYN) reader.refuse("is no shared library");
    if (header.e_shentsize != sizeof(SectionHeader) || header.e_shnum == 0 ||
        header.e_shstrndx >= header.e_shnum) {
        reader.refuse("has no usable section headers");
    }
    return header;
}

std::vector<SectionHeader> readSections(FileReader& reader, const Header& header) {
    std::vector<SectionHeader> sections(header.e_shnum);
    reader.read(header.e_shoff, sections.data(), sections.size() * sizeof(SectionHeader));
    return sections;
}

}  // namespace

std::optional<std::string> readElfSection(const std::filesystem::path& file, std::string_view name) {
    FileReader reader(file);
    const Header header = readHeader(reader);
    const std::vector<SectionHeader> sections = readSections(reader, header);
    const std::string names = reader.readSection(sections[header.e_shstrndx]);
    for (const SectionHeader& section : sections) {
        if (section.sh_name >= names.size()) continue;
        // std::string ends in a zero of its own, so a name without one stops there too.
        if (std::string_view(names.c_str() + section.sh_name) == name) return reader.readSection(section);
    }
    return std::nullopt;
}

bool exportsElfSymbol(const std::filesystem::path& file, std::string_view name) {
    FileReader reader(file);
    const std::vector<SectionHeader> sections = readSections(reader, readHeader(reader));
    for (const SectionHeader& section : sections) {
        if (section.sh_type != SHT_DYNSYM || section.sh_link >= sections.size()) continue;
        const std::string names = reader.readSection(sections[section.sh_link]);
        const std::string table = reader.readSection(section);
        for (std::size_t at = 0; at + sizeof(Symbol) <= table.size(); at += sizeof(Symbol)) {
            Symbol symbol{};
            std::memcpy(&symbol, table.data() + at, sizeof symbol);
            if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names.size()) continue;
            if (std::string_view(names.c_str() + symbol.st_name) == name) return true;
        }
    }
    return false;
}

}  // namespace linkup::daemon
