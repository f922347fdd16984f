"""Generates with CTranslate2 what lamina_inference (bench/inference.cpp) generates: the same model, one JSON line.

usage: generate_peer.py convert FOLDER             reads a T5 of Hugging Face's library, writes FOLDER/ct2-float32 and FOLDER/ct2-int8
       generate_peer.py generate FOLDER BATCH float32|int8
"""
import json
import os
import sys
import time

SOURCE, NEW = 32, 64


def convert(folder):
    from ctranslate2.converters.transformers import T5Loader
    from transformers import T5ForConditionalGeneration

    model = T5ForConditionalGeneration.from_pretrained(folder)
    for kind in ("float32", "int8"):
        loader = T5Loader()
        spec = loader.get_model_spec(model)
        loader.set_vocabulary(spec, ["<pad>", "</s>", "<unk>"] + [f"t{i}" for i in range(3, model.config.vocab_size)])
        spec.config.add_source_eos = False
        spec.config.decoder_start_token = spec.config.bos_token = "<pad>"
        spec.config.eos_token, spec.config.unk_token = "</s>", "<unk>"
        spec.validate()
        spec.optimize(quantization=None if kind == "float32" else kind)
        target = os.path.join(folder, "ct2-" + kind)
        os.makedirs(target, exist_ok=True)
        spec.save(target)
    return {"folder": folder}


def generate(folder, batch, kind):
    import ctranslate2

    start = time.perf_counter()
    translator = ctranslate2.Translator(os.path.join(folder, "ct2-" + kind), device="cpu", inter_threads=1,
                                        intra_threads=len(os.sched_getaffinity(0)))
    load = time.perf_counter() - start
    source = [[f"t{3 + (row * 7919 + i * 104729) % 32000}" for i in range(SOURCE)] for row in range(int(batch))]
    times = []
    while sum(times) < 0.5 or len(times) < 3:
        start = time.perf_counter()
        results = translator.translate_batch(source, beam_size=1, min_decoding_length=NEW, max_decoding_length=NEW)
        times.append(time.perf_counter() - start)
    assert all(len(result.hypotheses[0]) == NEW for result in results)
    return {"tokens_s": int(batch) * NEW / min(times), "load_s": load}


print(json.dumps({"convert": convert, "generate": generate}[sys.argv[1]](*sys.argv[2:])))
