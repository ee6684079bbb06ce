"""A linear map after which leading dimensions of MiniLM's vectors order passages as all of them do.

Starts from the principal components of passages and descends the cross-entropy of MiniLM's similarities and
those of every prefix, for questions and passages. Writes `adapter.safetensors` (`weights`, outputs x inputs).
"""
import numpy as np
import torch
from safetensors.numpy import save_file
from torch.nn.functional import normalize

PREFIXES = {384: .2, 256: .3, 128: 1., 64: 1.}
STEPS, RATE, TEMPERATURE = 1500, 1e-3, .05
QUESTIONS, OWN, PASSAGES = 384, 128, 3072


def passages(shared):
    values = np.fromfile(shared / 'vectors/passages-minilm.i8', np.int8).reshape(-1, 384)
    scales = np.fromfile(shared / 'vectors/passages-minilm.scale.f32', np.float32)
    return normalize(torch.from_numpy(values.astype(np.float32) * scales[:, None]), dim=1)


def train_adapter(shared, questions, path, log, seed=0):
    """`questions`: MiniLM's vectors of the pairs' questions."""
    torch.manual_seed(seed)
    documents, questions = passages(shared), normalize(torch.from_numpy(questions).float(), dim=1)
    # Largest variance first.
    start = torch.linalg.eigh(documents.T @ documents)[1].flip(1)
    weights = torch.nn.Parameter(start.clone())
    scales = torch.nn.Parameter(torch.full((len(PREFIXES),), 20.).log())
    optimizer = torch.optim.Adam([{'params': [weights], 'lr': RATE}, {'params': [scales], 'lr': 10 * RATE}])
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [RATE, 10 * RATE], total_steps=STEPS)
    draw = lambda rows, count: rows[torch.randint(len(rows), (count,))]
    for step in range(1, STEPS + 1):
        met = draw(documents, PASSAGES)
        asked = torch.cat([draw(questions, QUESTIONS), draw(documents, OWN)])
        target = torch.softmax(asked @ met.T / TEMPERATURE, 1)
        left, right, loss = asked @ weights, met @ weights, 0
        for (length, weight), scale in zip(PREFIXES.items(), scales.exp()):
            scores = scale * normalize(left[:, :length], dim=1) @ normalize(right[:, :length], dim=1).T
            loss = loss - weight * (target * torch.log_softmax(scores, 1)).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 250 == 0:
            log(f'adapter, step {step}: {loss.item():.4f}')
    save_file({'weights': weights.detach().T.contiguous().numpy()}, path)
