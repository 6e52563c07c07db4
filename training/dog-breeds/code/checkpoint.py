"""Where training stands, as one file that is always whole: written beside, flushed, then renamed."""

import io
import json
import os

import torch

NAME = "checkpoint.pth"


def pack(state):
    """`state["progress"]` is anything JSON holds, the rest tensors and maps of them."""
    content = io.BytesIO()
    # As text, because PyTorch 1 writes fractions between tensors, but does not read them where no code may run.
    torch.save({**state, "progress": json.dumps(state["progress"])}, content)
    return content.getvalue()


def unpack(content):
    """Nothing in it is run."""
    state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return {**state, "progress": json.loads(state["progress"])}


def write(folder, state):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, NAME)
    with open(f"{path}.part", "wb") as file:
        file.write(pack(state))
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.part", path)


def find(folder, settings, epochs):
    """The state left in the folder, or None when there is none or when it belongs to another or a longer training."""
    path = os.path.join(folder, NAME)
    try:
        with open(path, "rb") as file:
            state = unpack(file.read())
    except FileNotFoundError:
        return None
    except Exception as error:  # of a dozen kinds: pickle's, zip's, torch's own
        print(f"{path} is damaged ({type(error).__name__}) and is not used.", flush=True)
        return None
    progress = state["progress"]
    if progress["settings"] != settings:
        print(f"{path} belongs to a training with other settings or images and is not used.", flush=True)
        return None
    if progress["epoch"] > epochs:
        print(f"{path} is {progress['epoch']} epochs along, further than the {epochs} asked for, and is not used.", flush=True)
        return None
    return state
