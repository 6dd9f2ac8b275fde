using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Xml.Linq;
using BlobCaptioner.Captioning;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Exports;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Telemetry;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Validation;
using BlobCaptioner.Web.Setup;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace BlobCaptioner.Tests.Hosting;

/// <summary>All options are of one idiom: rules as attributes, unit and default in the documentation, a generated validator.</summary>
public sealed class OptionsTests
{
    // Part of a profile, whose schema has the ranges; one export; one start of Azurite. They aren't settings of a host.
    private static readonly HashSet<Type> Exempt = [typeof(SamplingOptions), typeof(ExportOptions), typeof(AzuriteOptions)];

    private static readonly Assembly[] Assemblies =
        [typeof(ICaptionModel).Assembly, typeof(DecoderOptions).Assembly, typeof(SettingsBinding).Assembly, typeof(WebOptions).Assembly, typeof(CaptionRunOptions).Assembly];

    private static readonly NullabilityInfoContext Nullability = new();

    public static TheoryData<Type> Types => [.. Assemblies.SelectMany(a => a.GetTypes()).Where(t => t.Name.EndsWith("Options", StringComparison.Ordinal) && !Exempt.Contains(t))];

    [Theory]
    [MemberData(nameof(Types))]
    public void EverySetting_HasARuleAndSaysItsValues(Type options)
    {
        var documented = XDocument.Load(Path.ChangeExtension(options.Assembly.Location, ".xml")).Descendants("member")
            .ToDictionary(m => m.Attribute("name")!.Value, m => m.Element("value")?.Value ?? "", StringComparer.Ordinal);
        Assert.True(options.IsSealed);
        Assert.All(options.GetProperties().Where(p => p.SetMethod is { IsPublic: true }), property =>
        {
            Assert.True(HasRule(property), $"{options.Name}.{property.Name} needs [Range], [Required] or another rule.");
            var value = documented.GetValueOrDefault($"P:{options.FullName}.{property.Name}") ?? "";
            Assert.True(
                value.Contains("default", StringComparison.OrdinalIgnoreCase) || value.Contains("required", StringComparison.OrdinalIgnoreCase),
                $"{options.Name}.{property.Name} needs <value> with range, unit and default (or Required).");
        });
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void EveryOptionsClass_HasAGeneratedValidator(Type options) => Assert.Single(
        options.Assembly.GetTypes(), t => t.Name == options.Name + "Validator" && t.GetInterfaces().Contains(typeof(IValidateOptions<>).MakeGenericType(options)));

    [Theory]
    [InlineData("Queue:MinPoll=00:00:00", "'Queue__MinPoll' is '00:00:00'. It must be between 00:00:00.0010000 and 1.00:00:00.")]
    [InlineData("Queue:MaxPoll=00:00:00", "'Queue__MaxPoll' is '00:00:00'. It must be between")]
    [InlineData("Queue:MaxPoll=-00:00:01", "'Queue__MaxPoll' is '-00:00:01'. It must be between")]
    [InlineData("Queue:RetryDelay=-00:00:01", "'Queue__RetryDelay' is '-00:00:01'. It must be between")]
    [InlineData("Storage:RetryDelay=-00:00:01", "'Storage__RetryDelay' is '-00:00:01'. It must be between")]
    public void Start_PollOfZeroOrLess_IsRefused(string setting, string says)
    {
        using var services = new ServiceCollection().AddCaptionQueue(Settings(setting)).BuildServiceProvider();
        Assert.Contains(says, Assert.Throws<SettingsException>(services.CheckSettings).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Budget:PerDay:Pictures=0", "'Budget__PerDay__Pictures' is '0'. It must be between 1 and 1000000000.")]
    [InlineData("Budget:PerDay:Tokens=many", "'Budget__PerDay__Tokens' is 'many'. It takes a whole number.")]
    [InlineData("Budget:PerDay:Money=0", "'Budget__PerDay__Money' is '0'. It must be between 0.01 and 1000000000.")]
    [InlineData("Budget:PerDay:Money=lots", "'Budget__PerDay__Money' is 'lots'. It takes an amount such as 12.50.")]
    [InlineData("Budget:PerDay:Images=3", "'Budget__PerDay__Images' is not a setting.")]
    public void Start_BudgetOutOfRange_IsRefused(string setting, string says)
    {
        using var services = new ServiceCollection().AddCaptionQueue(Settings(setting)).BuildServiceProvider();
        Assert.Contains(says, Assert.Throws<SettingsException>(services.CheckSettings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_NoBudgetOrOne_IsTakenAsItIs()
    {
        await using var without = new ServiceCollection().AddCaptionQueue(Settings()).BuildServiceProvider();
        Assert.False(without.GetRequiredService<SpendCap>().IsSet);
        await using var services = new ServiceCollection().AddCaptionQueue(Settings("Budget:PerDay:Money=12.50")).BuildServiceProvider();
        services.CheckSettings();
        Assert.Equal(new BudgetOptions { Money = 12.5m }, services.GetRequiredService<BudgetOptions>());
        Assert.True(services.GetRequiredService<SpendCap>().IsSet);
    }

    [Fact]
    public void Require_PollOfZeroOrLess_IsRefused()
    {
        var web = new WebOptions { IndexPath = "x" };
        var run = new CaptionRunOptions { Profile = TestPipeline.Profile, Loop = new(), Sweeps = true, Once = true };
        foreach (var wait in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromSeconds(-1), TimeSpan.FromTicks(1)])
        {
            Refuses(new QueueLoopOptionsValidator(), new() { MinPoll = wait }, nameof(QueueLoopOptions.MinPoll));
            Refuses(new QueueLoopOptionsValidator(), new() { MaxPoll = wait }, nameof(QueueLoopOptions.MaxPoll));
            Refuses(new WebOptionsValidator(), web with { ListingInterval = wait }, nameof(WebOptions.ListingInterval));
            Refuses(new CaptionRunOptionsValidator(), run with { SweepInterval = wait }, nameof(CaptionRunOptions.SweepInterval));
        }

        Refuses(new CaptionRunOptionsValidator(), run with { Loop = new() { MaxPoll = TimeSpan.Zero } }, nameof(QueueLoopOptions.MaxPoll));
        new WebOptionsValidator().Require(web);
        new CaptionRunOptionsValidator().Require(run);
    }

    [Theory]
    [InlineData("00:00:00.0000001", "at least 00:00:01, or 00:00:00 for never")]
    [InlineData("-00:00:01", "must be between")]
    public void QueueWatch_IntervalThatWouldSpin_IsRefused(string interval, string says)
    {
        var error = Assert.Throws<SettingsException>(() => new ServiceCollection().AddCaptionerTelemetry(Settings($"Telemetry:QueueWatch={interval}"), "captioner"));
        Assert.Contains($"'Telemetry__QueueWatch' is '{interval}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CheckSettings_WrongSettingsInTwoSections_NamesAllWithALineEach()
    {
        using var services = new ServiceCollection().AddCaptionQueue(Settings("Queue:MaxTries=0", "Images:Timeout=soon", "Images:Size=1", "Images:JpegQuality=x")).BuildServiceProvider();
        var lines = Assert.Throws<SettingsException>(services.CheckSettings).Message.Split('\n');
        Assert.Equal(
            ["'Images__JpegQuality' is 'x'", "'Images__Size' is not a setting", "'Images__Timeout' is 'soon'", "'Queue__MaxTries' is '0'"],
            lines.Order(StringComparer.Ordinal).Select(line => line.Split('.')[0]));
    }

    [Fact]
    public void Require_SecretOutOfRange_IsNotRepeated()
    {
        var error = Assert.Throws<OptionsValidationException>(() => new WebOptionsValidator().Require(new() { IndexPath = "x", Token = "hunter2" }));
        Assert.Contains("'Token': Give a token of at least 16 characters.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_OptionsWithAToken_LeavesItOut() =>
        Assert.Equal("127.0.0.1:7860", new WebOptions { IndexPath = "x", Token = "hunter2hunter2hunter2" }.ToString());

    // A flag has no wrong value, and a text that may be null is checked by what uses it.
    private static bool HasRule(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return property.IsDefined(typeof(ValidationAttribute)) || type == typeof(bool)
            || (!type.IsValueType && Nullability.Create(property).WriteState == NullabilityState.Nullable);
    }

    private static void Refuses<T>(IValidateOptions<T> rules, T options, string named)
        where T : class =>
        Assert.Contains(named, Assert.Throws<OptionsValidationException>(() => rules.Require(options)).Message, StringComparison.Ordinal);

    private static IConfiguration Settings(params string[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Append("CaptionStorage=UseDevelopmentStorage=true").Select(s => s.Split('=', 2)).Select(s => KeyValuePair.Create<string, string?>(s[0], s[1])))
        .Build();
}
