namespace BlobCaptioner.Pipeline;

/// <summary>This process's name in receipts.</summary>
internal static class WorkerName
{
    /// <summary>Machine and process: <c>gpu-7/4711</c>.</summary>
    public static string Current { get; } = $"{Environment.MachineName}/{Environment.ProcessId}";
}
