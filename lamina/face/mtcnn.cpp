// MTCNN: proposals over a pyramid of sizes, which two further networks sift and move (K. Zhang et al., "Joint
// Face Detection and Alignment Using Multitask Cascaded Convolutional Networks", 2016).
#include "lamina/face/detail/mtcnn.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "lamina/face/alignment.h"
#include "lamina/face/detail/boxes.h"
#include "lamina/face/detail/networks.h"
#include "lamina/image/detail/resample.h"

namespace lamina::face {
namespace {

constexpr double kShrink = 0.709;                  // from one size of the pyramid to the next: half the area
constexpr double kProposed = 0.6, kRefined = 0.7;  // least shares of "face"
constexpr size_t kMostProposals =
    4096;  // the surest: suppression is quadratic, and a picture of noise must not take all time
constexpr double kMostSide = 2048;  // of the largest picture of the pyramid

std::vector<float> values_of(const Picture& picture) {
  std::vector<float> values(picture.pixels.size());
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = (static_cast<float>(picture.pixels[i]) - 127.5F) / 128;
  return values;
}

Box moved(const Box& box, const float* by) {
  const double width = box.width(), height = box.height();
  return {box.left + by[0] * width, box.top + by[1] * height, box.right + by[2] * width,
          box.bottom + by[3] * height};
}

Box square(const Box& box) {
  const double half = std::max(box.width(), box.height()) / 2, x = (box.left + box.right) / 2,
               y = (box.top + box.bottom) / 2;
  return {x - half, y - half, x + half, y + half};
}

// A box that is no box, or larger than anything there, is none of a face.
bool sound(const Box& box, const Picture& picture) {
  const double most = 4.0 * std::max(picture.width, picture.height);
  return box.width() >= 1 && box.height() >= 1 && box.width() <= most && box.height() <= most &&
         std::abs(box.left) <= most && std::abs(box.top) <= most;
}

struct Proposals {
  std::vector<Box> boxes = {};
  std::vector<double> scores = {};
  std::vector<std::array<float, 4>> moves = {};

  // Places of the best, the surest first.
  std::vector<size_t> best(double overlap) const {
    std::vector<size_t> surest(scores.size());
    std::iota(surest.begin(), surest.end(), size_t{0});
    std::stable_sort(surest.begin(), surest.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
    if (surest.size() > kMostProposals) surest.resize(kMostProposals);
    std::vector<Box> some;
    std::vector<double> sure;
    for (const size_t i : surest) {
      some.push_back(boxes[i]);
      sure.push_back(scores[i]);
    }
    std::vector<size_t> kept = vision::non_max_suppression(some, sure, overlap);
    for (size_t& place : kept) place = surest[place];
    return kept;
  }

  void add(const Proposals& more, double overlap) {
    for (const size_t i : more.best(overlap)) {
      boxes.push_back(more.boxes[i]);
      scores.push_back(more.scores[i]);
      moves.push_back(more.moves[i]);
    }
  }
};

class Mtcnn final : public Detector::Network {
 public:
  Mtcnn(const std::string& path, const DetectorOptions& options)
      : networks_(detail::mtcnn_networks(path)), options_(options) {}

  bool gives_landmarks() const override { return true; }

  std::vector<Face> detect(const Picture& picture) const override {
    const std::vector<Face> proposed = propose(picture);
    std::vector<Face> refined;
    look(networks_.refinement, picture, proposed, 24, 32,
         [&](const Face& face, const std::vector<const float*>& said) {
           if (said[0][1] > kRefined) refined.push_back({moved(face.box, said[1]), said[0][1]});
         });
    refined = squares(detail::best_faces(refined, kRefinedOverlap), picture);
    std::vector<Face> faces;
    look(networks_.output, picture, refined, 48, 8,
         [&](const Face& face, const std::vector<const float*>& said) {
           if (!(said[0][1] > options_.threshold)) return;
           Landmarks landmarks;
           for (size_t k = 0; k < landmarks.size(); ++k)
             landmarks[k] = {face.box.left + said[2][k] * face.box.width(),
                             face.box.top + said[2][k + 5] * face.box.height()};
           faces.push_back({moved(face.box, said[1]), said[0][1], landmarks});
         });
    // The last network is sure of a face, and of the same one in a box inside of the first.
    faces = detail::best_faces(faces, 0.7, vision::Overlap::kSmaller);
    return detail::best_faces(faces, options_.overlap);
  }

 private:
  static constexpr double kRefinedOverlap = 0.7;

  std::vector<Face> propose(const Picture& picture) const {
    Proposals all;
    const double largest = std::max(picture.height, picture.width);
    for (double scale = std::min(12.0 / options_.smallest, kMostSide / largest);
         std::min(picture.height, picture.width) * scale >= 12; scale *= kShrink)
      all.add(propose(picture, scale), 0.5);
    std::vector<Face> faces;
    for (const size_t i : all.best(0.7))
      faces.push_back({moved(all.boxes[i], all.moves[i].data()), all.scores[i]});
    return squares(std::move(faces), picture);
  }

  // What one size of the pyramid shows. Boxes are suppressed as they stand in it, and moved at the end.
  Proposals propose(const Picture& picture, double scale) const {
    const int height = static_cast<int>(std::ceil(picture.height * scale)),
              width = static_cast<int>(std::ceil(picture.width * scale));
    const Picture small =
        lamina::detail::resample(picture, {0, 0, picture.height, picture.width}, height, width, "bilinear");
    const Tensors said =
        networks_.proposals.outputs_on_batch(Tensor::from(values_of(small), {1, height, width, 3}));
    const auto columns = static_cast<size_t>(said[0].shape()[2]);
    const std::vector<float> shares = said[0].to_vector<float>(), moves = said[1].to_vector<float>();
    Proposals some;
    for (size_t i = 0; 2 * i < shares.size(); ++i) {
      if (!(shares[2 * i + 1] > kProposed)) continue;
      const double x = 2.0 * static_cast<double>(i % columns), y = 2.0 * static_cast<double>(i / columns);
      some.boxes.push_back({x / scale, y / scale, (x + 12) / scale, (y + 12) / scale});
      some.scores.push_back(shares[2 * i + 1]);
      some.moves.push_back({moves[4 * i], moves[4 * i + 1], moves[4 * i + 2], moves[4 * i + 3]});
    }
    return some;
  }

  static std::vector<Face> squares(std::vector<Face> faces, const Picture& picture) {
    for (Face& face : faces) face.box = square(face.box);
    std::erase_if(faces, [&](const Face& face) { return !sound(face.box, picture); });
    return faces;
  }

  // Shows the network what is in the boxes, as many at a time as one program was planned for.
  template <class Take>
  static void look(Model& network, const Picture& picture, const std::vector<Face>& faces, int side,
                   size_t batch, Take take) {
    const size_t size = static_cast<size_t>(side) * static_cast<size_t>(side) * 3;
    for (size_t first = 0; first < faces.size(); first += batch) {
      const size_t count = std::min(batch, faces.size() - first);
      std::vector<float> values(batch * size);
      for (size_t i = 0; i < count; ++i) {
        const std::vector<float> shown = values_of(crop(picture, faces[first + i].box, side));
        std::copy(shown.begin(), shown.end(), values.begin() + static_cast<int64_t>(i * size));
      }
      const Tensors said =
          network.outputs_on_batch(Tensor::from(values, {static_cast<int64_t>(batch), side, side, 3}));
      std::vector<std::vector<float>> outputs;
      for (const Tensor& output : said) outputs.push_back(output.to_vector<float>());
      for (size_t i = 0; i < count; ++i) {
        std::vector<const float*> of_one;
        for (const auto& output : outputs) of_one.push_back(&output[i * (output.size() / batch)]);
        take(faces[first + i], of_one);
      }
    }
  }

  mutable detail::MtcnnNetworks networks_;
  DetectorOptions options_;
};

}  // namespace

std::shared_ptr<const Detector::Network> detail::mtcnn_detector(const std::string& path,
                                                                const DetectorOptions& options) {
  return std::make_shared<Mtcnn>(path, options);
}

}  // namespace lamina::face
