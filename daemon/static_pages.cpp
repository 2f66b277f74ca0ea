#include "static_pages.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/File.h>
#include <Poco/SHA1Engine.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

namespace linkup::daemon {

namespace {

std::string contentType(const std::string& extension) {
    static const std::map<std::string, std::string> kTypes = {{".html", "text/html; charset=utf-8"},
                                                              {".css", "text/css; charset=utf-8"},
                                                              {".js", "text/javascript; charset=utf-8"},
                                                              {".svg", "image/svg+xml"},
                                                              {".png", "image/png"},
                                                              {".ico", "image/x-icon"},
                                                              {".txt", "text/plain; charset=utf-8"},
                                                              {".json", "application/json; charset=utf-8"}};
    const auto found = kTypes.find(extension);
    return found == kTypes.end() ? "application/octet-stream" : found->second;
}

std::string pathOf(const std::filesystem::path& file) {
    if (file.filename() == "index.html") return "/";
    return "/" + (file.extension() == ".html" ? file.stem() : file.filename()).string();
}

std::string etagOf(const std::string& body) {
    Poco::SHA1Engine engine;
    engine.update(body);
    return '"' + Poco::DigestEngine::digestToHex(engine.digest()) + '"';
}

StaticPage readPage(const std::filesystem::path& file) {
    std::stringstream content;
    content << std::ifstream(file, std::ios::binary).rdbuf();
    StaticPage page;
    page.path = pathOf(file);
    page.content_type = contentType(file.extension().string());
    page.body = content.str();
    page.etag = etagOf(page.body);
    page.last_modified = Poco::DateTimeFormatter::format(Poco::File(file.string()).getLastModified(),
                                                         Poco::DateTimeFormat::HTTP_FORMAT);
    return page;
}

/// Whether If-None-Match names the tag; weak ones count, as for any GET.
bool names(std::string_view if_none_match, const std::string& etag) {
    return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

}  // namespace

sdk::Response StaticPage::answer(const sdk::Request& request) const {
    sdk::Response response;
    response.headers = headers;
    response.headers.insert(
        response.headers.end(),
        {{"ETag", etag}, {"Last-Modified", last_modified}, {"Cache-Control", "no-cache"}});
    response.content_type = content_type;
    const std::string_view if_none_match = request.header("if-none-match");
    const bool same = if_none_match.empty() ? request.header("if-modified-since") == last_modified
                                            : names(if_none_match, etag);
    if (same) {
        response.status = 304;
    } else {
        response.body = body;
    }
    return response;
}

std::vector<StaticPage> readApplication(const std::filesystem::path& folder, const std::string& place) {
    std::vector<StaticPage> pages = readStaticPages(folder);
    for (StaticPage& page : pages) {
        page.path = page.path == "/" ? place : place + page.path;
        page.headers = {{"Content-Security-Policy",
                         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                         "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Referrer-Policy", "no-referrer"}};
    }
    return pages;
}

std::vector<StaticPage> readStaticPages(const std::filesystem::path& folder) {
    std::vector<StaticPage> pages;
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
        if (entry.is_regular_file() && entry.path().filename().string().front() != '.')
            pages.push_back(readPage(entry.path()));
    }
    std::sort(pages.begin(), pages.end(),
              [](const auto& left, const auto& right) { return left.path < right.path; });
    return pages;
}

}  // namespace linkup::daemon
