using CsCheck;
using KdSim.Kernel.Cm;
using KdSim.Kernel.Pnp.Installation;
using Xunit;

namespace KdSim.Kernel.Tests.Pnp;

public class InfTests
{
    const string Sample = """"
        ; a sample
        [Version]
        Signature = "$Windows NT$"
        Class     = Sample
        ClassGuid = {78A1C341-4539-11d3-B88D-00C04FAD5171}
        Provider  = %Us%
        DriverVer = 01/02/2026,1.2.3.4

        [ClassInstall32]
        AddReg = ClassReg
        [ClassReg]
        HKR,,,0,"Sample; devices"

        [Manufacturer]
        %Us% = Models, NTx86, NTamd64, NTamd64.10.0...99999

        [Models.NTx86]
        "32 bit" = Nowhere, ROOT\SAMPLE
        [Models.NTamd64]
        %Desc% = Sample_Install, ROOT\SAMPLE, ROOT\OLD \
            , ROOT\OLDER
        [Models.NTamd64.10.0...99999]
        "Future" = Nowhere, ROOT\SAMPLE

        [Sample_Install.NT]
        CopyFiles = Files
        AddReg    = Software
        [Files]
        sample.sys, sample64.sys
        [DestinationDirs]
        DefaultDestDir = 12
        [Software]
        HKR,,Depth,0x00010001,0x10
        HKR,Sub\Key,Names,0x00010000,"a","b ""quoted"""
        HKR,,Blob,1,01,02,ff
        HKLM,SOFTWARE\Us,Path,0x00020000,"%%SystemRoot%%\x"

        [Sample_Install.NT.HW]
        AddReg = Hardware
        [Hardware]
        HKR,,"UpperFilters",0x00010000,"flt"
        HKR,,Rate,0x00010001,250

        [Sample_Install.NT.Services]
        AddService = sample, 0x2, Service
        [Service]
        DisplayName   = %Desc%
        ServiceType   = 1
        StartType     = 3
        ErrorControl  = 1
        ServiceBinary = %12%\sample.sys
        AddReg        = ServiceReg
        [ServiceReg]
        HKR,Parameters,Debug,0x00010001,1

        [Strings]
        Us = "Us"
        Desc = "A sample device"
        """";

    const string Enum = @"\Registry\Machine\SYSTEM\CurrentControlSet\Enum\ROOT\SAMPLE\0000";
    const string Services = @"\Registry\Machine\SYSTEM\CurrentControlSet\Services\sample";

    static Installation Install(string text, string id = @"ROOT\SAMPLE") =>
        InfInstaller.Install([InfFile.Parse("sample.inf", text)], new DeviceIdentity(@"ROOT\SAMPLE\0000", [id], []), Registry.Empty, InfInstaller.NoFiles)!;

    [Fact]
    public void Installs_service_filters_and_both_keys()
    {
        Installation done = Install(Sample);
        Registry registry = done.Registry;
        Assert.Equal("sample", registry.Value(Enum, "Service")!.AsText());
        Assert.Equal(["flt"], registry.Value(Enum, "UpperFilters")!.AsTexts());
        Assert.Equal(250u, registry.Value(Enum + @"\Device Parameters", "Rate")!.AsNumber());
        Assert.Equal("A sample device", registry.Value(Enum, "DeviceDesc")!.AsText());
        Assert.Equal(@"\SystemRoot\System32\drivers\sample.sys", registry.Value(Services, "ImagePath")!.AsText());
        Assert.Equal(1u, registry.Value(Services + @"\Parameters", "Debug")!.AsNumber());
        string software = @"\Registry\Machine\SYSTEM\CurrentControlSet\Control\Class\" + registry.Value(Enum, "Driver")!.AsText();
        Assert.Equal(16u, registry.Value(software, "Depth")!.AsNumber());
        Assert.Equal(["a", "b \"quoted\""], registry.Value(software + @"\Sub\Key", "Names")!.AsTexts());
        Assert.Equal([1, 2, 255], registry.Value(software, "Blob")!.Data.ToArray());
        Assert.Equal(@"%SystemRoot%\x", registry.Value(@"\Registry\Machine\SOFTWARE\Us", "Path")!.AsText());
        Assert.Equal("sample64.sys", done.Files[@"\SystemRoot\System32\drivers\sample.sys"]);
        Assert.Empty(done.Notes);
    }

    [Fact]
    public void A_second_device_gets_its_own_driver_key()
    {
        InfFile inf = InfFile.Parse("sample.inf", Sample);
        Registry registry = Install(Sample).Registry;
        Installation second = InfInstaller.Install([inf], new(@"ROOT\SAMPLE\0001", [@"ROOT\OLDER"], []), registry, InfInstaller.NoFiles)!;
        Assert.EndsWith(@"\0000", registry.Value(Enum, "Driver")!.AsText());
        Assert.EndsWith(@"\0001", second.Registry.Value(Enum[..^1] + "1", "Driver")!.AsText());
    }

    [Fact]
    public void The_first_hardware_id_beats_a_compatible_one()
    {
        InfFile inf = InfFile.Parse("sample.inf", Sample);
        InfMatch exact = InfModels.Best([inf], [@"root\sample"], [])!;
        InfMatch old = InfModels.Best([inf], [@"ROOT\OLD"], [])!;
        InfMatch compatible = InfModels.Best([inf], [@"ROOT\NEW"], [@"ROOT\SAMPLE"])!;
        Assert.True(exact.Rank < old.Rank && old.Rank < compatible.Rank);
        Assert.Null(InfModels.Best([inf], [@"ROOT\OTHER"], []));
        Assert.Equal("A sample device", exact.Model.Description);
    }

    [Theory]
    [InlineData("", "no [Version] section")]
    [InlineData("hello", "[Section] expected")]
    [InlineData("[Version", "']' expected")]
    [InlineData("[Version]\nSignature=\"$Windows NT", "closing '\"'")]
    [InlineData("[Version]\nSignature=\"Amiga\"", "expected \"$Windows NT$\"")]
    [InlineData("MZ\0\0", "not a text file")]
    public void Mistakes_name_the_file_and_what_was_expected(string text, string expected)
    {
        InfException error = Assert.Throws<InfException>(() => InfFile.Parse("bad.inf", text));
        Assert.StartsWith("bad.inf", error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Theory]
    [InlineData("%Desc% = Sample_Install", "%Nope% = Sample_Install", "%Nope% is not defined")]
    [InlineData("[Files]", "[Fils]", "[Files] is named but does not exist")]
    [InlineData("HKR,,Depth,0x00010001,0x10", "HKX,,Depth", "HKR, HKLM, HKCR, HKCU or HKU expected")]
    [InlineData("ServiceBinary =", "Binary =", "no ServiceBinary")]
    public void Mistakes_in_sections_are_found_when_they_are_used(string good, string bad, string expected)
    {
        InfException error = Assert.Throws<InfException>(() => Install(Sample.Replace(good, bad)));
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void No_text_makes_the_parser_fail_in_any_other_way() =>
        Gen.Select(Gen.Int[0, Sample.Length - 1], Gen.Int[0, 40], Gen.String[0, 12]).Sample((at, length, insert) =>
        {
            string text = Sample[..at] + insert + Sample[Math.Min(Sample.Length, at + length)..];
            try
            {
                InfInstaller.Install([InfFile.Parse("fuzzed.inf", text)], new(@"ROOT\SAMPLE\0000", [@"ROOT\SAMPLE"], []), Registry.Empty, InfInstaller.NoFiles);
            }
            catch (InfException error)
            {
                Assert.StartsWith("fuzzed.inf", error.Message);
            }
        }, iter: 2000);
}
