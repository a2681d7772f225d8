"""`without_heap(call)`: runs a call with the heap locked where there is one to lock."""

try:
    from micropython import heap_lock, heap_unlock
except ImportError:
    heap_lock = heap_unlock = None


def without_heap(call):
    """Run call(); any allocation in it raises MemoryError on MicroPython.  Says SKIP and still runs elsewhere."""
    if heap_lock is None:
        print("SKIP heap_lock: not MicroPython")
        return call()
    heap_lock()
    try:
        return call()
    finally:
        heap_unlock()
