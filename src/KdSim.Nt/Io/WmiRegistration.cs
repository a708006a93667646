namespace KdSim.Nt;

/// <summary>The GUID entries that follow a WMIREGINFO: C declares them as an array without length behind the structure.</summary>
public static class WmiRegistration
{
    extension(View<WMIREGINFO> v)
    {
        public ViewArray<WMIREGGUID> WmiRegGuid => new(v.Address + WMIREGINFO.SizeOf, 0);
    }
}
