// A script to copy: shows the reads that wait in the Pulse driver, and how long each is.
//
//     .scriptload pulse.js
//     !reads

"use strict";

const log = text => host.diagnostics.debugLog(`${text}\n`);

// Walks the device tree to the node of the Pulse service, then up its device stack to the driver's own device object.
function pulseDevices() {
    return host.currentSession.Devices.DeviceTree
        .Flatten(node => node.Children)
        .Where(node => node.ServiceName === "pulse")
        .Select(node => {
            let device = node.PhysicalDeviceObject;
            while (!device.isNull && device.DriverObject.DriverName.toString() !== '"\\Driver\\pulse"')
                device = device.AttachedDevice;
            return device;
        });
}

function reads() {
    for (const device of pulseDevices()) {
        const pulse = host.createTypedObject(device.DeviceExtension.address, "pulse", "_PULSE_EXTENSION");
        const waiting = host.namespace.Debugger.Utility.Collections.FromListEntry(pulse.ReadList, "nt!_IRP", "Tail.Overlay.ListEntry");
        log(`Device ${device}: ${waiting.Count()} reads wait, ${pulse.Statistics.Interrupts} interrupts so far`);
        for (const irp of waiting) {
            const length = irp.Tail.Overlay.CurrentStackLocation.Parameters.Read.Length;
            log(`    irp ${irp.targetLocation.toString(16)}: ${length} bytes`);
        }
    }
}

function initializeScript() {
    return [new host.apiVersionSupport(1, 3), new host.functionAlias(reads, "reads")];
}
