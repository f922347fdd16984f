"""Random language models of Hugging Face's Transformers: Lamina gives the same outputs and texts, and Transformers loads
what Lamina saves. Run by a Python that has torch and transformers:

    python pretrained.py DRIVER WORK SEED [COUNT]

DRIVER is lamina_conformance; COUNT models of each family are made. The last line says how many passed and failed.
"""
import json
import pathlib
import random
import shutil
import subprocess
import sys

import numpy as np
import torch
import transformers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "golden"))
import pretrained as golden  # noqa: E402

ACTIVATIONS = ["gelu", "gelu_new", "gelu_fast", "relu", "silu", "quick_gelu", "tanh", "leaky_relu", "mish", "relu6", "hardswish", "relu2"]


def flag(rng):
    return rng.random() < 0.5


def rope(rng, longest, width):
    theta = rng.choice([100.0, 10000.0, 500000.0])
    original = rng.choice([8, 16, longest])
    factor = rng.choice([1.0, 2.0, 3.5])
    return rng.choice([
        {"rope_type": "default", "rope_theta": theta},
        {"rope_type": "linear", "rope_theta": theta, "factor": factor},
        {"rope_type": "llama3", "rope_theta": theta, "factor": factor, "low_freq_factor": rng.choice([0.5, 1.0]),
         "high_freq_factor": rng.choice([2.0, 4.0]), "original_max_position_embeddings": original},
        {"rope_type": "yarn", "rope_theta": theta, "factor": factor, "original_max_position_embeddings": original}
        | ({"attention_factor": 0.9} if flag(rng) else {}) | ({"truncate": False} if flag(rng) else {})
        | ({"beta_fast": 16.0, "beta_slow": 2.0} if flag(rng) else {}) | ({"mscale": 0.7, "mscale_all_dim": 1.1} if flag(rng) else {}),
        {"rope_type": "dynamic", "rope_theta": theta, "factor": factor},
        {"rope_type": "longrope", "rope_theta": theta, "original_max_position_embeddings": rng.choice([5, 8, 16]),
         "short_factor": [rng.choice([1.0, 1.5]) for _ in range(width // 2)], "long_factor": [rng.choice([2.0, 5.0]) for _ in range(width // 2)]}
        | ({"attention_factor": 0.9} if flag(rng) else {}) | ({"factor": factor} if flag(rng) else {})])


def llama_like(rng):
    heads = rng.choice([2, 4])
    layers, width = rng.choice([1, 2, 3]), rng.choice([6, 8, 16])
    return {"vocab_size": 80, "hidden_size": heads * rng.choice([4, 6, 8]), "num_attention_heads": heads, "num_hidden_layers": layers,
            "num_key_value_heads": rng.choice([1, 2, heads]), "intermediate_size": rng.choice([20, 33]),
            "hidden_act": rng.choice(ACTIVATIONS), "rms_norm_eps": rng.choice([1e-6, 1e-2]), "tie_word_embeddings": flag(rng),
            "rope_parameters": rope(rng, 64, width), "head_dim": width}


# Windows of one token are left out: the cache of Transformers 5.24 keeps all tokens then, other than its own forward.
def windows(rng, options):
    kinds = [rng.choice(["sliding_attention", "full_attention"]) for _ in range(options["num_hidden_layers"])]
    return rng.choice([{}, {"use_sliding_window": True, "sliding_window": rng.choice([2, 3, 7, 64]), "max_window_layers": rng.choice([0, 1, 9])},
                       {"use_sliding_window": True, "sliding_window": 4, "layer_types": kinds}])


def qwen2(rng):
    options = llama_like(rng)
    del options["head_dim"]
    options["rope_parameters"] = rope(rng, 64, options["hidden_size"] // options["num_attention_heads"])
    return golden.qwen2(**options | windows(rng, options))


def qwen3(rng):
    options = llama_like(rng)
    return golden.qwen3(**options | windows(rng, options), attention_bias=flag(rng))


def gpt2(rng):
    return golden.gpt2(vocab_size=80, n_embd=rng.choice([8, 24]), n_head=rng.choice([1, 2, 4]), n_layer=rng.choice([1, 3]),
                       n_inner=rng.choice([None, 20]), activation_function=rng.choice(ACTIVATIONS), tie_word_embeddings=flag(rng),
                       layer_norm_epsilon=rng.choice([1e-5, 1e-2]), scale_attn_weights=flag(rng),
                       scale_attn_by_inverse_layer_idx=flag(rng), reorder_and_upcast_attn=flag(rng))


def bert_like(rng, make, **options):
    return make(**{"vocab_size": 80, "hidden_size": rng.choice([8, 24]), "num_attention_heads": rng.choice([1, 2, 4]),
                   "num_hidden_layers": rng.choice([1, 3]), "hidden_act": rng.choice(ACTIVATIONS), "type_vocab_size": rng.choice([1, 2, 4]),
                   "layer_norm_eps": rng.choice([1e-12, 1e-2]), "tie_word_embeddings": flag(rng)} | options)


def distilbert(rng, **options):
    return golden.distilbert(vocab_size=80, dim=rng.choice([8, 24]), n_heads=rng.choice([1, 2, 4]), n_layers=rng.choice([1, 3]),
                             activation=rng.choice(["gelu", "relu", "gelu_new"]), sinusoidal_pos_embds=flag(rng),
                             tie_word_embeddings=flag(rng), **options)


def marian(rng):
    apart = {"share_encoder_decoder_embeddings": False, "decoder_vocab_size": 70, "pad_token_id": 69, "decoder_start_token_id": 69,
             "tie_word_embeddings": flag(rng)}
    return golden.marian(vocab_size=80, d_model=rng.choice([8, 24]), encoder_layers=rng.choice([1, 3]), decoder_layers=rng.choice([1, 2]),
                         scale_embedding=flag(rng), activation_function=rng.choice(ACTIVATIONS),
                         forced_eos_token_id=rng.choice([0, None]), **(apart if flag(rng) else {"pad_token_id": 79, "decoder_start_token_id": 79}))


def t5(rng, make):
    return make(vocab_size=80, d_model=rng.choice([8, 24]), d_kv=rng.choice([4, 7]), num_layers=3, num_decoder_layers=rng.choice([1, 2]),
                num_heads=rng.choice([1, 3]), feed_forward_proj=rng.choice(["relu", "gelu", "gated-gelu", "gated-silu", "gated-relu"]),
                relative_attention_num_buckets=rng.choice([4, 8, 16]), relative_attention_max_distance=rng.choice([9, 20, 128]),
                tie_word_embeddings=flag(rng), layer_norm_epsilon=rng.choice([1e-6, 1e-2]))


TASKS = {"Model": {}, "ForMaskedLM": {}, "ForSequenceClassification": {"num_labels": 3}, "ForTokenClassification": {"num_labels": 4},
         "ForQuestionAnswering": {}}


def family(name, rng):
    """A class of that family and a configuration."""
    if name in ("Bert", "Roberta", "DistilBert"):
        task = rng.choice(list(TASKS))
        config = distilbert(rng, **TASKS[task]) if name == "DistilBert" else bert_like(rng, getattr(golden, name.lower()), **TASKS[task])
        return name + task, config
    if name == "GPT2":
        return rng.choice(["GPT2LMHeadModel", "GPT2LMHeadModel", "GPT2Model", "GPT2ForSequenceClassification"]), gpt2(rng)
    if name in ("T5", "MT5"):
        return name + rng.choice(["ForConditionalGeneration"] * 3 + ["EncoderModel"]), t5(rng, getattr(golden, name.lower()))
    if name == "Marian":
        return "MarianMTModel", marian(rng)
    config = {"Llama": lambda: golden.llama(**llama_like(rng), attention_bias=flag(rng), mlp_bias=flag(rng)),
              "Mistral": lambda: golden.mistral(**llama_like(rng), sliding_window=rng.choice([None, 2, 3, 7, 64])),
              "Qwen2": lambda: qwen2(rng), "Qwen3": lambda: qwen3(rng)}[name]()
    return name + rng.choice(["ForCausalLM"] * 3 + ["Model", "ForSequenceClassification"]), config


FAMILIES = ["GPT2", "Llama", "Mistral", "Qwen2", "Qwen3", "Bert", "Roberta", "DistilBert", "Marian", "T5", "MT5"]


def differences(expected, got, mask):
    """How far outputs are from what was expected, as a share of the largest number."""
    if sorted(expected) != sorted(got):
        return [f"outputs {sorted(got)}, not {sorted(expected)}"]
    found = []
    for key, value in expected.items():
        if got[key].shape != value.shape:
            found.append(f"{key} is {got[key].shape}, not {value.shape}")
            continue
        weight = {3: mask[..., None], 4: mask[:, None, :, None]}.get(value.ndim, 1) if mask is not None else 1
        off = np.abs((got[key] - value) * weight).max() / max(np.abs(value * weight).max(), 1e-30)
        if not off < 1e-4:
            found.append(f"{key} is off by {off:.1e}")
    return found


def near_tie(model, prompt, ids, other):
    """Whether float64 cannot tell the two texts apart: then the last bit of a sum decides."""
    exact = type(model)(model.config).double().eval()
    exact.load_state_dict(model.state_dict(), strict=False)
    exact.tie_weights()

    def likelihood(text):
        with torch.inference_mode():
            if model.config.is_encoder_decoder:
                target = torch.tensor([[model.config.decoder_start_token_id] + text])
                logits = exact(input_ids=torch.tensor([prompt]), decoder_input_ids=target[:, :-1]).logits[0]
            else:
                logits = exact(input_ids=torch.tensor([prompt + text])).logits[0, len(prompt) - 1:-1]
        return torch.log_softmax(logits, -1)[range(len(text)), text].numpy()

    same = next((i for i, (a, b) in enumerate(zip(ids, other)) if a != b), min(len(ids), len(other)))
    if same == min(len(ids), len(other)):
        return False
    return abs(likelihood(ids)[same] - likelihood(other)[same]) < 1e-5


def main():
    driver, work, seed = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 8
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    jobs = {}
    for name in FAMILIES:
        for number in range(count):
            rng = random.Random(f"{name} {number} {seed}")
            model_class, config = family(name, rng)
            job = f"{name.lower()}_{number}"
            model = golden.made(getattr(transformers, model_class), config, rng.randrange(1 << 30))
            model.save_pretrained(work / job, max_shard_size=rng.choice(["5GB", "7KB"]))
            arrays, asked = golden.ask(model, rng, golden.MORE_GENERATIONS, number % 2 == 0)
            given = {key[3:]: value for key, value in arrays.items() if key.startswith("in:")}
            np.savez(work / f"{job}.npz", **given)
            (work / f"{job}.json").write_text(json.dumps({"inputs": list(given), "generations": asked, "output_all": number % 2 == 0}))
            jobs[job] = (model, given, arrays, asked)
    subprocess.run([driver, "pretrained", work], check=True)
    passed = failed = 0
    for job, (model, given, arrays, asked) in jobs.items():
        try:
            problem = work / f"{job}.error"
            assert not problem.exists(), problem.read_text()
            expected = {key[4:]: value for key, value in arrays.items() if key.startswith("out:")}
            mask = given["attention_mask"] if any(key.startswith("mask:") for key in arrays) else None
            found = differences(expected, dict(np.load(work / f"{job}.out.npz")), mask)
            for question, ids in zip(asked, json.loads((work / f"{job}.out.json").read_text())):
                per_prompt = question["options"].get("num_return_sequences", 1)
                for i, (right, got) in enumerate(zip(question["ids"], ids)):
                    if right != got and not near_tie(model, question["prompts"][i // per_prompt], right, got):
                        found.append(f"{question['options']}, prompt {question['prompts'][i // per_prompt]}: {got}, not {right}")
                if len(ids) != len(question["ids"]):
                    found.append(f"{len(ids)} texts, not {len(question['ids'])}")
            again = type(model).from_pretrained(work / f"{job}.saved").eval()
            everything = any(key.split(".")[0] in golden.STATES for key in expected)
            found += ["saved: " + what for what in differences(expected, golden.outputs_of(again, given, everything), mask)]
            assert not found, "; ".join(found)
            passed += 1
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
            failed += 1
            print(f"FAILED: {job} ({type(model).__name__}): {str(error)[:900]}")
    print(passed, failed)


if __name__ == "__main__":
    main()
