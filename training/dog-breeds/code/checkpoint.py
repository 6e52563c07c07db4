"""Where training stands, as one file that is always whole: written beside, flushed, then renamed."""

import io
import os

import torch

NAME = "checkpoint.pth"


def pack(state):
    content = io.BytesIO()
    torch.save(state, content)
    return content.getvalue()


def unpack(content):
    """Tensors, numbers and texts; nothing that could run."""
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


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
    if not isinstance(state, dict) or state.get("settings") != settings:
        print(f"{path} belongs to a training with other settings or images and is not used.", flush=True)
        return None
    if state["epoch"] > epochs:
        print(f"{path} is {state['epoch']} epochs along, further than the {epochs} asked for, and is not used.", flush=True)
        return None
    return state
