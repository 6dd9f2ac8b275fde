using BlobCaptioner.Profiles.Files;
using Xunit;

namespace BlobCaptioner.Tests.Profiles;

public sealed class ProfileTests
{
    [Fact]
    public void Get_UnknownName_ListsTheKnownOnes()
    {
        var error = Assert.Throws<ArgumentException>(() => BuiltInProfiles.Get("nope"));
        Assert.Contains("'nope'", error.Message, StringComparison.Ordinal);
        Assert.Contains("default", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_AFieldLimitChanges_IsAnother()
    {
        _ = BuiltInProfiles.Sample.Version;
        var changed = BuiltInProfiles.Sample with { Fields = [.. BuiltInProfiles.Default.Fields.Select(f => f with { MaxCharacters = 99 })] };
        Assert.NotEqual(BuiltInProfiles.Sample.Version, changed.Version);
    }
}
