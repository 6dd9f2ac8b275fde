namespace BlobCaptioner.Inference;

/// <summary>How a decode step ended.</summary>
public enum DecodeStatus
{
    /// <summary>All tokens are in the KV cache.</summary>
    Ok,

    /// <summary>The KV cache has no room for the step; nothing was added. Free a sequence and try again.</summary>
    NoRoom,

    /// <summary>The step was aborted on request; sequences in it must be removed or cut back before they go on.</summary>
    Aborted,
}
