// Gallery: persons with the embeddings of their faces, in an encrypted file.
#pragma once

#include <string>
#include <vector>

#include "lamina/face/embedder.h"

namespace lamina::face {

/// Someone who was enrolled.
struct Person {
  std::string name;
  std::vector<Embedding> embeddings;  ///< one for each picture
};

/// How alike a face is to a person.
struct Match {
  std::string name;
  double similarity = 0;  ///< the greatest cosine to one of the person's embeddings, -1 to 1
};

/// Persons by name. A gallery belongs to one embedding network: embeddings of different ones say nothing
/// about each other. No picture is kept, but an embedding says who somebody is, and is to be treated like a
/// picture.
class Gallery {
 public:
  /// An empty one for embeddings of this network.
  explicit Gallery(const Embedder& embedder);
  /// Reads what save() wrote. Throws FileError as read_sealed does (another passphrase, truncated, a newer
  /// version), for a gallery of another network than `embedder`, and for content that cannot be.
  static Gallery load(const std::string& path, const std::string& passphrase, const Embedder& embedder);
  /// The same without a network: to list and remove persons.
  static Gallery load(const std::string& path, const std::string& passphrase);

  /// Writes all persons, encrypted with a key made of the passphrase (write_sealed), replacing the file
  /// atomically. Throws FileError and Unsupported as that does.
  void save(const std::string& path, const std::string& passphrase) const;

  /// Adds an embedding to the person of that name, who need not be there yet. Throws InvalidArgument for a
  /// name that is empty, has more than 200 bytes, is no UTF-8 or holds control characters, and for an
  /// embedding of another length or with numbers that are not finite.
  void enrol(const std::string& name, Embedding embedding);
  /// Forgets a person and all of the person's embeddings; false where there is none of that name.
  bool remove(const std::string& name);

  /// In the order in which they came.
  const std::vector<Person>& people() const { return people_; }
  /// How alike the face is to each person, by falling similarity. Throws InvalidArgument for an embedding of
  /// another length.
  std::vector<Match> matches(const Embedding& embedding) const;

 private:
  Gallery(std::string network, int64_t dimensions) : network_(std::move(network)), dimensions_(dimensions) {}

  std::string network_;
  int64_t dimensions_ = 0;
  std::vector<Person> people_;
};

}  // namespace lamina::face
