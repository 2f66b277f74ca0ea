#pragma once

#include <memory>
#include <optional>
#include <string>

#include "image.h"

namespace linkup::media {

/// Finds faces that look at the camera.
///
/// Threading: any thread.
class FaceFinder {
public:
    /// `cascade_file`: what OpenCV was trained to see as a face, such as those of Debian's opencv-data.
    /// Errors: Error{kInvalidArgument} if there is none at that place.
    explicit FaceFinder(std::string cascade_file);
    ~FaceFinder();

    /// The box around the largest face, in pixels of `image`.
    std::optional<Box> largest(const Image& image);

private:
    struct Classifiers;
    std::unique_ptr<Classifiers> classifiers_;
};

/// The square around a face that a profile picture shows: as much of head and shoulders as the image has,
/// with the face in its middle where the image's borders allow it.
Box portraitAround(const Box& face, int width, int height);

}  // namespace linkup::media
