namespace KdSim.Nt;

/// <summary>The severity tests of the NT_SUCCESS family.</summary>
public static class NtStatusSeverity
{
    extension(NtStatus status)
    {
        /// <summary>NT_SUCCESS: success or information.</summary>
        public bool IsSuccess => (int)status >= 0;

        public bool IsInformation => (uint)status >> 30 == 1;

        public bool IsWarning => (uint)status >> 30 == 2;

        public bool IsError => (uint)status >> 30 == 3;
    }
}
