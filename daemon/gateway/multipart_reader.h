#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace linkup::daemon {

/// Reads a multipart/form-data body (RFC 7578) as it comes, in pieces of any size and in memory that does not
/// grow with the body.
///
/// Threading: one thread.   Lifetime: its sink outlives it.
class MultipartReader {
public:
    static constexpr std::size_t kMaxParts = 100;
    static constexpr std::size_t kMaxPartHeader = 4096;

    struct Part {
        std::string name;  ///< empty: it has none
        std::optional<std::string> filename;
    };
    /// Hears of the parts, one after the other.
    class Sink {
    public:
        virtual ~Sink() = default;
        virtual void onPart(const Part& part) = 0;
        virtual void onData(std::string_view bytes) = 0;
        virtual void onPartEnd() = 0;
    };

    MultipartReader(std::string_view boundary, Sink& sink);

    /// False: this is no form. Nothing may follow then.
    bool feed(std::string_view bytes);
    /// Whether the last part has ended, as it must by the end of the body.
    bool complete() const noexcept { return state_ == State::kComplete; }

private:
    enum class State { kPreamble, kDelimiter, kHeader, kData, kComplete };
    enum class Step { kGoOn, kWantsMore, kMalformed };
    Step step();
    Step untilDelimiter();
    Step afterDelimiter();
    Step header();

    const std::string delimiter_;
    Sink& sink_;
    State state_ = State::kPreamble;
    std::string buffer_;
    std::size_t at_ = 0;  ///< what of the buffer is done with
    std::size_t parts_ = 0;
};

/// The parameter of a header such as `multipart/form-data; boundary=X`; nothing if it is not there.
std::optional<std::string> headerParameter(std::string_view value, std::string_view name);

}  // namespace linkup::daemon
