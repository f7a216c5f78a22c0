"""Runs cells in a Jupyter kernel: argv, folder and cells come as JSON on stdin; what the kernel showed goes as JSON to stdout."""
import json
import sys

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

REPORT = "application/vnd.normstream.report.v1+json"

given = json.load(sys.stdin)
manager = KernelManager()
manager._kernel_spec = KernelSpec(argv=given["argv"], display_name="kernel", language="any", interrupt_mode="message")
manager.start_kernel(cwd=given["folder"], stdout=sys.stderr, stderr=sys.stderr)
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)
shown = []
for cell in given["cells"]:
    asked = client.execute(cell)
    while True:
        message = client.get_iopub_msg(timeout=120)
        if message["parent_header"].get("msg_id") != asked:
            continue
        content = message["content"]
        if message["msg_type"] == "status" and content["execution_state"] == "idle":
            break
        data = content.get("data", {})
        shown.append(
            {
                "type": message["msg_type"],
                "forms": sorted(data),
                "report": data.get(REPORT, {}).get("schema"),
                "place": content.get("transient", {}).get("display_id"),
                "text": content.get("text") or "\n".join(content.get("traceback", [])) or data.get("text/plain"),
            }
        )
client.stop_channels()
manager.shutdown_kernel(now=True)
json.dump(shown, sys.stdout)
