// The models of Hugging Face's library, asked for tests/conformance/pretrained.py.
#pragma once

#include <string>

/// Loads FOLDER/<name> for each FOLDER/<name>.json, {"inputs": names of arrays in <name>.npz, "generations":
/// [{"prompts", "options"}]}, and writes FOLDER/<name>.out.npz with the outputs, FOLDER/<name>.out.json with
/// the ids, and the model into FOLDER/<name>.saved; or what went wrong into FOLDER/<name>.error.
int ask_pretrained(const std::string& folder);
