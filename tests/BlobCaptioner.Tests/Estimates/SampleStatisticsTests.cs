using BlobCaptioner.Captioning;
using BlobCaptioner.Estimates;
using BlobCaptioner.Profiles.Files;
using Xunit;

namespace BlobCaptioner.Tests.Estimates;

/// <summary>The arithmetic behind <c>captioner estimate</c>, against figures worked out by hand.</summary>
public sealed class SampleStatisticsTests
{
    [Fact]
    public void Mean_FiveValues_HasStudentsInterval()
    {
        // mean 6, deviations 4+1+0+1+4 = 10, variance 2.5, standard error sqrt(0.5), t(4) = 2.776
        var mean = SampleStatistics.Mean([4, 5, 6, 7, 8]);
        Assert.Equal(6, mean.Value);
        Assert.Equal(6 - (2.776 * Math.Sqrt(0.5)), mean.Low!.Value, 9);
        Assert.Equal(6 + (2.776 * Math.Sqrt(0.5)), mean.High!.Value, 9);
    }

    [Fact]
    public void Mean_TwoFarApart_NeverReachesBelowZero()
    {
        // mean 2, standard error 1, t(1) = 12.706
        var mean = SampleStatistics.Mean([1, 3]);
        Assert.Equal((2, 0), (mean.Value, mean.Low!.Value));
        Assert.Equal(14.706, mean.High!.Value, 9);
    }

    [Fact]
    public void Mean_OneValue_KnowsNothingOfTheSpread() => Assert.Equal(new Interval(7, Low: null, High: null), SampleStatistics.Mean([7]));

    [Fact]
    public void Mean_None_Throws() => Assert.Throws<ArgumentException>(() => SampleStatistics.Mean([]));

    [Theory]
    [InlineData(1, 12.706)]
    [InlineData(19, 2.093)]
    [InlineData(30, 2.042)]
    [InlineData(40, 2.0211)]
    [InlineData(120, 1.9799)]
    [InlineData(999, 1.9623)]
    public void T_DegreesOfFreedom_IsTheTables(int degrees, double expected) => Assert.Equal(expected, SampleStatistics.T(degrees), 3);

    [Theory]
    [InlineData(0, 20, 0, 0.1611)]
    [InlineData(2, 20, 0.0279, 0.3010)]
    [InlineData(20, 20, 0.8389, 1)]
    [InlineData(0, 1, 0, 0.7935)]
    public void Share_CountOfSample_HasWilsonsInterval(int count, int of, double low, double high)
    {
        var share = SampleStatistics.Share(count, of);
        Assert.Equal((double)count / of, share.Value);
        Assert.Equal(low, share.Low!.Value, 4);
        Assert.Equal(high, share.High!.Value, 4);
    }

    [Fact]
    public void Under_SecondsAPicture_EndsChangePlacesAndZeroIsUnbounded()
    {
        Assert.Equal(new Interval(30, 20, 60), new Interval(2, 1, 3).Divide(60));
        Assert.Equal(new Interval(30, 20, High: null), new Interval(2, 0, 3).Divide(60));
        Assert.Equal(new Interval(30, Low: null, High: null), new Interval(2, Low: null, High: null).Divide(60));
    }

    [Fact]
    public void Reservoir_LongStream_TakesEveryElementEquallyOften()
    {
        const int Rounds = 20_000;
        var taken = new int[10];
        for (var seed = 0; seed < Rounds; seed++)
        {
            var reservoir = new Reservoir<int>(3, (ulong)seed);
            for (var i = 0; i < taken.Length; i++)
            {
                reservoir.Add(i);
            }

            Assert.Equal((10L, 3), (reservoir.Seen, reservoir.Sample.Distinct().Count()));
            foreach (var i in reservoir.Sample)
            {
                taken[i]++;
            }
        }

        // 6,000 each; five standard deviations are 324
        Assert.All(taken, count => Assert.InRange(count, 5_676, 6_324));
    }

    [Fact]
    public void Reservoir_SameSeed_TakesTheSame()
    {
        Assert.Equal(Take(7), Take(7));
        Assert.NotEqual(Take(7), Take(8));
        Assert.Equal([0, 1, 2], Fill(new(5, 1), 3).Sample);

        static IReadOnlyList<int> Take(ulong seed) => Fill(new(5, seed), 1_000).Sample;

        static Reservoir<int> Fill(Reservoir<int> reservoir, int count)
        {
            for (var i = 0; i < count; i++)
            {
                reservoir.Add(i);
            }

            return reservoir;
        }
    }

    [Fact]
    public void Calculate_KnownTimesAndPrices_GivesHoursAndCostsOfTheWhole()
    {
        // Two at once, 4 s each: one every 2 s, 30 a minute. One in five is turned down, so that a listed picture takes 1.6 s.
        var request = new EstimateRequest { Profile = BuiltInProfiles.Sample, GpuPricePerHour = 3, Gpus = 4, InputPricePerMillion = 1, OutputPricePerMillion = 10, Currency = "EUR" };
        SampledPicture[] pictures =
        [
            .. Enumerable.Repeat(new SampledPicture { Elapsed = TimeSpan.FromSeconds(4), Usage = new() { PromptTokens = 300, ImageTokens = 200, OutputTokens = 50 } }, 4),
            new() { Error = new("unsupported", "no", "none") },
        ];
        var estimate = EstimateCalculator.Calculate(request, new FixedModel(2), pictures, images: 9_000, outstanding: 900);
        Assert.Equal((5, 4, 1, 0), (estimate.Sampled, estimate.Described, estimate.Rejected, estimate.Failed));
        Assert.Equal(new Interval(30, 30, 30), estimate.PicturesPerMinute);
        Assert.Equal((500, 50), (estimate.InputTokens!.Value, estimate.OutputTokens!.Value));
        Assert.Equal(0.2, estimate.RejectedShare.Value);

        // 9,000 × 1.6 s = 4 h of GPU: 1 h on four, 12 EUR. 1,000 micro-EUR a described picture, 800 a listed one: 7.20 EUR.
        Assert.Equal(1, estimate.All.Hours!.Value, 9);
        Assert.Equal(12, estimate.All.GpuCost!.Value, 9);
        Assert.Equal(7.2, estimate.All.TokenCost!.Value, 9);
        Assert.Equal((900, 0.1), (estimate.Outstanding.Images, Math.Round(estimate.Outstanding.Hours!.Value, 9)));
        Assert.True(estimate.All.Hours.Low < 1 && estimate.All.Hours.High > 1);
        Assert.Contains("fewer than 5", Assert.Single(estimate.Cautions), StringComparison.Ordinal);
        Assert.Equal("unsupported", estimate.Error!.Code);
    }

    [Fact]
    public void Calculate_NothingDescribed_ClaimsNoTimeAndNoCost()
    {
        var request = new EstimateRequest { Profile = BuiltInProfiles.Sample, GpuPricePerHour = 3 };
        var estimate = EstimateCalculator.Calculate(request, new FixedModel(2), [new() { Error = new("x", "no", "none"), IsFailed = true }], images: 10, outstanding: 10);
        Assert.Null(estimate.PicturesPerMinute);
        Assert.Null(estimate.All.Hours);
        Assert.Null(estimate.All.GpuCost);
        Assert.Equal((0, 1), (estimate.Rejected, estimate.Failed));
        Assert.Contains("time and cost are unknown", estimate.Cautions[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Measure_SmallSample_KeepsTheModelFullAndCountsEachPictureOnce()
    {
        var model = new FixedModel(3);
        SampledPicture[] pictures = [Picture("a"), new() { Error = new("x", "no", "none") }, Picture("b"), Picture("bad")];
        var measured = await new SampleRun(model, TimeProvider.System).MeasureAsync(pictures, TestContext.Current.CancellationToken);
        Assert.Equal([true, false, true, false], measured.Select(p => p.Usage is not null));
        Assert.Equal(["x", "broken"], measured.Where(p => p.Error is not null).Select(p => p.Error!.Code));
        Assert.True(measured[3].IsFailed);
        Assert.Equal(3, model.MostAtOnce);
    }

    private static SampledPicture Picture(string name) =>
        new() { Request = new() { Images = [new() { Name = name, Jpeg = new byte[] { 1 } }], Profile = BuiltInProfiles.Sample } };

    /// <summary>A model that answers once as many as it takes at once have come.</summary>
    private sealed class FixedModel(int concurrency) : ICaptionModel
    {
        private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _came;
        private int _running;

        public int MostAtOnce { get; private set; }

        public CaptionModelInfo Info { get; } = new("fixed", "0", "none");

        public int Concurrency => concurrency;

        public async Task<Caption> DescribeAsync(CaptionRequest request, CancellationToken cancellationToken)
        {
            lock (_full)
            {
                MostAtOnce = Math.Max(MostAtOnce, ++_running);
            }

            try
            {
                // the first is the warm-up, which is alone
                if (Interlocked.Increment(ref _came) == concurrency + 1)
                {
                    _full.SetResult();
                }

                if (_came > 1)
                {
                    await _full.Task.WaitAsync(cancellationToken);
                }

                return request.Images[0].Name == "bad"
                    ? throw new CaptionException("broken", "It broke.", "Nothing.", retry: true)
                    : new() { Fields = [], Flags = [], Usage = new() { OutputTokens = 1 } };
            }
            finally
            {
                lock (_full)
                {
                    _running--;
                }
            }
        }
    }
}
