"""Where training stands, as one JSON file that is always whole: written beside, flushed, then renamed."""

import json
import os

NAME = "checkpoint.json"


def write(folder, state):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, NAME)
    with open(f"{path}.part", "w", encoding="ascii") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.part", path)


def find(folder, settings, epochs):
    """The state left in the folder, or None when there is none or when it belongs to another or a longer training."""
    path = os.path.join(folder, NAME)
    try:
        with open(path, encoding="ascii") as file:
            state = json.load(file)
    except FileNotFoundError:
        return None
    except ValueError as error:
        print(f"{path} is damaged ({error}) and is not used.", flush=True)
        return None
    if not isinstance(state, dict) or state.get("settings") != settings:
        print(f"{path} belongs to a training with other settings and is not used.", flush=True)
        return None
    if state["epoch"] > epochs:
        print(f"{path} is {state['epoch']} epochs along, further than the {epochs} asked for, and is not used.", flush=True)
        return None
    return state
