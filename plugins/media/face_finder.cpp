#include "face_finder.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <mutex>
#include <opencv2/imgproc.hpp>    // here alone
#include <opencv2/objdetect.hpp>  // here alone

namespace linkup::media {

namespace {

/// Faces are looked for in a smaller copy: one that fills a fifteenth of a side is found all the same.
constexpr int kSearchSide = 640;
constexpr int kSmallestShare = 15;
constexpr double kStep = 1.1;
/// So many overlapping finds make a face; fewer are leaves, shirts and clouds.
constexpr int kNeighbours = 6;
/// Side of a portrait as a multiple of the face's.
constexpr double kPortrait = 2.2;

Box scaled(const cv::Rect& found, double factor, const Image& image) {
    const auto pixels = [factor](int value) { return static_cast<int>(value * factor); };
    Box box{pixels(found.x), pixels(found.y), pixels(found.width), pixels(found.height)};
    box.width = std::min(box.width, image.width() - box.left);
    box.height = std::min(box.height, image.height() - box.top);
    return box;
}

}  // namespace

/// A classifier serves one thread at a time, and reading its file takes longer than using it: what is free
/// waits here.
struct FaceFinder::Classifiers {
    std::string file;
    std::mutex mutex;
    std::vector<std::unique_ptr<cv::CascadeClassifier>> free;

    std::unique_ptr<cv::CascadeClassifier> take() {
        {
            const std::lock_guard lock(mutex);
            if (!free.empty()) {
                auto one = std::move(free.back());
                free.pop_back();
                return one;
            }
        }
        auto one = std::make_unique<cv::CascadeClassifier>();
        if (!one->load(file)) {
            throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                             "the file that describes faces cannot be read");
        }
        return one;
    }
    void give(std::unique_ptr<cv::CascadeClassifier> one) {
        const std::lock_guard lock(mutex);
        free.push_back(std::move(one));
    }
};

FaceFinder::FaceFinder(std::string cascade_file) : classifiers_(std::make_unique<Classifiers>()) {
    cv::setNumThreads(1);  // the pool that uploads run on is the bound
    classifiers_->file = std::move(cascade_file);
    classifiers_->give(classifiers_->take());
}

FaceFinder::~FaceFinder() = default;

std::optional<Box> FaceFinder::largest(const Image& image) {
    GreyPixels grey = image.grey(kSearchSide);
    cv::Mat view(grey.height, grey.width, CV_8UC1, grey.values.data());
    cv::equalizeHist(view, view);
    const int smallest = std::max(24, std::min(grey.width, grey.height) / kSmallestShare);
    std::vector<cv::Rect> faces;
    auto classifier = classifiers_->take();
    classifier->detectMultiScale(view, faces, kStep, kNeighbours, 0, cv::Size(smallest, smallest));
    classifiers_->give(std::move(classifier));
    if (faces.empty()) return std::nullopt;
    const auto largest = std::max_element(
        faces.begin(), faces.end(), [](const cv::Rect& a, const cv::Rect& b) { return a.area() < b.area(); });
    return scaled(*largest, static_cast<double>(image.width()) / grey.width, image);
}

Box portraitAround(const Box& face, int width, int height) {
    const int wanted = static_cast<int>(std::max(face.width, face.height) * kPortrait);
    const int side = std::min({wanted, width, height});
    const int left = face.left + face.width / 2 - side / 2;
    const int top = face.top + face.height / 2 - side / 2;
    return {std::clamp(left, 0, width - side), std::clamp(top, 0, height - side), side, side};
}

}  // namespace linkup::media
