// Faces: who is in a photograph, by networks that others have trained.
//
//   example_faces face-slim-landmark5.onnx face-reidentification-retail-0095.onnx ada.jpg group.jpg
//
// finds the face in the first photograph, enrols it in a gallery as "Ada", and says of every face in the
// second one whether it is hers. The gallery is a file that only its passphrase opens.
#include <lamina/lamina.h>

#include <cstdio>

using namespace lamina;

int main(int argc, char** argv) {
  if (argc < 5) {
    std::puts("usage: example_faces DETECTOR.onnx EMBEDDER.onnx ONE_PERSON.jpg SOME_PEOPLE.jpg");
    return 0;
  }
  try {
    const face::Detector detector = face::Detector::load(argv[1]);
    const face::Embedder embedder = face::Embedder::load(argv[2]);

    const Picture portrait = load_img(argv[3]);
    const std::vector<face::Face> faces = detector.detect(portrait);
    if (faces.empty()) throw Error("no face is found in the first photograph");
    face::Gallery gallery(embedder);
    gallery.enrol("Ada", embedder.embed(portrait, faces[0]));
    gallery.save("people.gallery", "a passphrase");

    const Picture people = load_img(argv[4]);
    for (const face::Face& found : detector.detect(people)) {
      const face::Match best = gallery.matches(embedder.embed(people, found))[0];
      const bool known = best.similarity >= embedder.threshold();
      std::printf("%-8s %.3f at %.0f, %.0f\n", known ? best.name.c_str() : "unknown", best.similarity,
                  found.box.left, found.box.top);
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
