// Embedder: a face as a row of numbers that lies near those of other pictures of the same person.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/face/alignment.h"
#include "lamina/face/detector.h"

namespace lamina::face {

/// The numbers of a face, of length 1, so that their product with another's is the cosine between them.
using Embedding = std::vector<float>;

/// The cosine between two embeddings, -1 to 1: about 1 for two pictures of a person. Throws InvalidArgument
/// for embeddings of different lengths and for none.
double similarity(const Embedding& a, const Embedding& b);

/// A network that embeds faces. Copies share it. Any number of threads may ask it at once.
class Embedder {
 public:
  /// Reads a network of one of these kinds:
  /// - an ONNX file of one input (1, 3, side, side) and one output of n values: it takes blue, green and red
  /// from 0 to
  ///   255 of a face that lies as retail_template() says (Intel's face-reidentification-retail-0095);
  /// - a .keras file that the recipe "faces" trained, which takes greys of a face as it was learned.
  /// Throws FileError for a file that is missing, damaged or none of these, saying what it lacks.
  static Embedder load(const std::string& path);

  /// The embedding of a face in a picture, which is aligned by its landmarks: throws InvalidArgument for a
  /// face without. Throws Error where the network gives what is no direction (NaN, zeros).
  Embedding embed(const Picture& picture, const Face& face) const;
  /// Of a picture that is a face, cropped and aligned as the network wants it; any size.
  Embedding embed_aligned(const Picture& picture) const;

  /// What tells this network's embeddings from those of others: a checksum of its file. Embeddings of
  /// different networks say nothing about each other.
  const std::string& fingerprint() const;
  /// Numbers of an embedding.
  int64_t dimensions() const;
  /// Least similarity of two pictures of one person, as it was found for this network: 0.4 for Intel's, what
  /// the training chose for ours.
  double threshold() const;

  struct Network;

 private:
  explicit Embedder(std::shared_ptr<Network> network) : network_(std::move(network)) {}

  std::shared_ptr<Network> network_;
};

}  // namespace lamina::face
