using Xunit;

namespace BlobCaptioner.Tests;

/// <summary>Tests that keep every core busy: what ran beside them would wait for storage longer than a request may take.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeMachineCollection
{
    public const string Name = "Whole machine";
}
