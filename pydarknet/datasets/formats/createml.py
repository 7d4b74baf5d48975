def recognises(path: str) -> bool:
    return False
