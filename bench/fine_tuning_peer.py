"""A step of fine-tuning in PyTorch, with Hugging Face's Transformers and PEFT; prints one JSON line.

usage: fine_tuning_peer.py FOLDER full|lora|head ROWS TOKENS [STEPS]
As bench/fine_tuning.cpp: the same folder, batch, optimizer and number of trained parameters. OMP_NUM_THREADS says how many threads.
"""
import json
import logging
import os
import sys
import time

import torch
import transformers

logging.disable(logging.WARNING)
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0))))


def main():
    folder, how, rows, tokens = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    steps = int(sys.argv[5]) if len(sys.argv) > 5 else 8
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2)
    if how == "lora":
        import peft
        model = peft.get_peft_model(model, peft.LoraConfig(task_type="SEQ_CLS", r=8, lora_alpha=16, target_modules=["query", "value"]))
    if how == "head":
        for name, parameter in model.named_parameters():
            parameter.requires_grad = name.startswith("classifier")
    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    groups = [{"params": [p for _, p in named if p.ndim > 1], "weight_decay": 0.01},
              {"params": [p for _, p in named if p.ndim < 2], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=5e-5)
    ids = torch.tensor([1000 + i * 7919 % 20000 for i in range(rows * tokens)]).reshape(rows, tokens)
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": torch.arange(rows) % 2}
    model.train()
    best = 1e9
    for step in range(steps):
        start = time.perf_counter()
        model(**given).loss.backward()
        torch.nn.utils.clip_grad_norm_([p for _, p in named], 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step:
            best = min(best, time.perf_counter() - start)
    print(json.dumps({"ms": best * 1e3, "trained": sum(p.numel() for _, p in named)}))


if __name__ == "__main__":
    main()
