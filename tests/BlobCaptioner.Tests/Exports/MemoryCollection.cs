using Xunit;

namespace BlobCaptioner.Tests.Exports;

/// <summary>Tests that read the process's heap: nothing else may run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MemoryCollection
{
    public const string Name = "Memory";
}
