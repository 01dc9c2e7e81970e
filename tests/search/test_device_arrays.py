"""Arrays of a device: whole if they lie on several devices, and what was written need not be kept."""

from __future__ import annotations

import json
import subprocess
import sys

PUBLISH = """
import json, sys
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from autoviz_render import Publisher, Spool

split = NamedSharding(Mesh(np.array(jax.devices()), ("part",)), PartitionSpec("part"))
arrays = {
    "on_four": jax.device_put(jnp.arange(64.0).reshape(8, 8), split),
    "half": jnp.full(5, 0.5, jnp.float16),
    "bfloat": jnp.full(5, 0.5, jnp.bfloat16),
    "given_away": jnp.arange(100.0),
}
with Publisher(sys.argv[1]) as publisher:
    publisher.publish(arrays, iteration=1)
    publisher.flush()
    jax.jit(lambda each: each + 1, donate_argnums=0)(arrays["given_away"]).block_until_ready()
found = Spool(sys.argv[1]).read(Spool(sys.argv[1]).newest()).arrays
sums = {name: float(np.sum(array)) for name, array in found.items()}
print(json.dumps([len(jax.devices()), publisher.stats.failed, sums]))
"""


def test_arrays_on_several_devices_and_given_away_and_narrow_ones_are_published(tmp_path, monkeypatch):
    """What accelerators have and NumPy or HDF5 have not."""
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=4")
    command = [sys.executable, "-c", PUBLISH, str(tmp_path)]
    devices, failed, sums = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    assert (devices, failed) == (4, 0)
    assert sums == {"on_four": 2016.0, "half": 2.5, "bfloat": 2.5, "given_away": 4950.0}
